import Foundation
import KMTestSupport

/// What a page shows of a terminal: commands behind `$ `, and what comes back.
///
/// A command goes on in the next line behind `|` and `\`, and to the end of a here-document. In what comes back, `…` stands
/// for one or more characters within a line, and on a line of its own for any lines.
struct Console {
    /// A command and what it writes to both streams.
    struct Exchange {
        let line: Int
        let command: String
        let output: [String]
        /// Whether it may end with another status than 0: what it says, or the next command, shows it.
        let mayFail: Bool
    }

    /// A difference between a page and what happens.
    struct Difference: Error, CustomStringConvertible {
        let line: Int
        let description: String
    }

    let exchanges: [Exchange]

    /// The blocks of a page that begin with a command, one behind the other.
    init(_ document: Document) throws {
        var found: [(line: Int, command: String, output: [String])] = []
        for block in try document.blocks() where block.lines.first?.hasPrefix("$ ") == true {
            var end: String?
            var isOpen = false
            for (offset, line) in block.lines.enumerated() {
                if isOpen {
                    found[found.count - 1].command += "\n" + line
                } else if line.hasPrefix("$ ") {
                    found.append((block.line + offset, String(line.dropFirst(2)), []))
                    end = line.firstMatch(of: /<<'([A-Z]+)'/).map { String($0.1) }
                } else {
                    found[found.count - 1].output.append(line)
                    continue
                }
                if let due = end, line == due { end = nil }
                isOpen = end != nil || line.hasSuffix("|") || line.hasSuffix("\\")
            }
            // The blank line between an indented block and the text.
            while found.last?.output.last == "" { found[found.count - 1].output.removeLast() }
        }
        exchanges = found.enumerated().map { index, exchange in
            let next = index + 1 < found.count ? found[index + 1].command : ""
            let tells = exchange.output.contains { $0.hasPrefix("kmsec: error:") } || next == "echo $?"
            return Exchange(line: exchange.line, command: exchange.command, output: exchange.output, mayFail: tells)
        }
    }

    /// Types all commands into one shell, and tells where something else comes back.
    func differences(in folder: TemporaryFolder, environment: [String: String]) async throws -> [Difference] {
        let mark = "\u{1E}"
        let script = exchanges.map { "\($0.command)\nshown=$?; printf '\(mark)%s\(mark)' $shown; (exit $shown)\n" }
        let outcome = try await Programs.shell.run(
            ["-c", "umask 022; exec 2>&1\n" + script.joined()],
            environment: environment,
            folder: folder
        )
        let parts = outcome.outputText.components(separatedBy: mark)
        guard parts.count == 2 * exchanges.count + 1 else {
            return [
                Difference(line: exchanges[parts.count / 2].line, description: "the shell ended: \(parts.last ?? "")")
            ]
        }
        return try exchanges.enumerated().compactMap { index, exchange in
            let (found, status) = (parts[2 * index], parts[2 * index + 1])
            if status != "0", !exchange.mayFail {
                return Difference(line: exchange.line, description: "exit status \(status): \(found)")
            }
            guard try !Self.matches(found, exchange.output) else { return nil }
            return Difference(line: exchange.line, description: "\(exchange.command)\ngives\n\(found)")
        }
    }

    /// Whether a command's output is as shown, but for newlines at its end.
    static func matches(_ found: String, _ shown: [String]) throws -> Bool {
        let lines = shown.map { line in
            if line.trimmingCharacters(in: .whitespaces) == "…" { return "(?:[^\n]*\n?)*?" }
            let parts = line.components(separatedBy: "…").map(NSRegularExpression.escapedPattern)
            return parts.joined(separator: "[^\n]+") + "(?:\n|\\z)"
        }
        let expression = try NSRegularExpression(pattern: "\\A\(lines.joined())\n*\\z")
        return expression.firstMatch(in: found, range: NSRange(found.startIndex..., in: found)) != nil
    }
}
