import Foundation

/// A terminal session with the tool: commands and their expected results.
///
/// The beginning of a line says what the line is:
///
///     # a comment
///     file NAME         creates a file of the lines that follow
///     | text            a line of the file
///     $ command         a command for sh, in the transcript's own folder
///     + command         another line of the command
///     > text            an expected line of standard output
///     ! text            an expected line of standard error
///     [1]               the expected exit status; without this line, 0
///     mode 600 NAME     a file that must exist, with its mode
///     absent NAME       a file that must not exist
///     secret TEXT       a text that must not appear in later output, unless an expected line has it
///
/// A text that ends in ` (no-eol)` has no newline at its end. ``TranscriptPattern`` describes `*` and `$NAME`. `$KEYS`
/// is the folder of keys, `$ID` is a key id for them, and `$PACKAGE` is the package's root.
struct Transcript {
    /// An action or a check, and its line number.
    struct Step {
        let line: Int
        var action: Action
    }

    enum Action {
        case file(name: String, content: String)
        case command(Command)
        case mode(String, name: String)
        case absent(name: String)
        case secret(String)
    }

    /// A command and its expected results.
    struct Command {
        var text: String
        var output = ""
        var errors = ""
        var status: Int32 = 0
    }

    /// A line is malformed, or is not allowed after the line before it.
    struct Malformed: Error {
        let line: Int
        let text: String
    }

    private(set) var steps: [Step] = []

    init(_ text: String) throws {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard try read(line, at: index + 1) else { throw Malformed(line: index + 1, text: String(line)) }
        }
    }

    /// Reads a line, and returns whether it is valid.
    private mutating func read(_ line: Substring, at number: Int) throws -> Bool {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = words.count > 1 ? String(words[1]) : ""
        switch words.first {
        case "", "#", nil: return line.isEmpty || line.first == "#"
        case "file": append(.file(name: rest, content: ""), number)
        case "$": append(.command(Command(text: rest)), number)
        case "absent": append(.absent(name: rest), number)
        case "secret": append(.secret(rest), number)
        case "mode":
            let parts = rest.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return false }
            append(.mode(parts[0], name: parts[1]), number)
        default: return extend(words.first ?? "", rest)
        }
        return true
    }

    private mutating func append(_ action: Action, _ line: Int) {
        steps.append(Step(line: line, action: action))
    }

    /// Adds a line to the last file or command, and returns whether the line is valid.
    private mutating func extend(_ mark: Substring, _ text: String) -> Bool {
        let end = " (no-eol)"
        let text = text.hasSuffix(end) ? String(text.dropLast(end.count)) : "\(text)\n"
        switch (mark, steps.popLast()) {
        case ("|", let step?):
            guard case .file(let name, let content) = step.action else { return false }
            append(.file(name: name, content: content + text), step.line)
        case (_, let step?):
            guard case .command(var command) = step.action else { return false }
            switch mark {
            case "+": command.text += "\n\(text)"
            case ">": command.output += text
            case "!": command.errors += text
            default:
                guard mark.first == "[", mark.last == "]", let status = Int32(mark.dropFirst().dropLast()) else {
                    return false
                }
                command.status = status
            }
            append(.command(command), step.line)
        default: return false
        }
        return true
    }
}
