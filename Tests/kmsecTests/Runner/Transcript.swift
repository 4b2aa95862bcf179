import Foundation

/// A session with the tool, as text: what is typed and what must come back.
///
/// Each line's beginning tells what it is:
///
///     # a comment
///     file NAME         makes a file of the lines that follow
///     | text            one of its lines
///     $ command         a command, for sh, in the transcript's own folder
///     + command         one more line of it
///     > text            what it must write to standard output
///     ! text            what it must write to standard error
///     [1]               its exit status; 0 where none is told
///     mode 600 NAME     a file that must be there, with its mode
///     absent NAME       a file that must not be there
///     secret TEXT       what neither stream may hold from here on, unless a line tells that it does
///
/// A text that ends in ` (no-eol)` ends without a newline. What `*` and `$NAME` mean is told at ``TranscriptPattern``;
/// `$KEYS` is the folder of keys, `$ID` an id for them, and `$PACKAGE` the package's root.
struct Transcript {
    /// Something to do or to look at, and the line where it stands.
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

    /// A command and all that is expected of it.
    struct Command {
        var text: String
        var output = ""
        var errors = ""
        var status: Int32 = 0
    }

    /// A line that cannot be read, or stands where it cannot.
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

    /// Whether `line` was understood.
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

    /// Adds a line to the file or command that was begun.
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
