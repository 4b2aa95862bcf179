import Foundation
import KMTestSupport

/// The terminal session that a page shows: commands after `$ `, and their output.
///
/// A command continues on the next line after `|` or `\`, and until the end of a here-document. In output, `…` means
/// one or more characters of a line; alone on a line, it means any number of lines.
struct Console {
    /// A command and what it writes to standard output and standard error.
    struct Exchange {
        let line: Int
        let command: String
        let output: [String]
        /// Whether the exit status can differ from 0, because the page shows an error message or the status.
        let mayFail: Bool
    }

    /// A difference between a page and the actual output.
    struct Difference: Error, CustomStringConvertible {
        let line: Int
        let description: String
    }

    let exchanges: [Exchange]

    /// Reads all blocks of a page that begin with a command, in their order.
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
                if let delimiter = end, line == delimiter { end = nil }
                isOpen = end != nil || line.hasSuffix("|") || line.hasSuffix("\\")
            }
            // Removes the blank line between an indented block and the text.
            while found.last?.output.last == "" { found[found.count - 1].output.removeLast() }
        }
        exchanges = found.enumerated().map { index, exchange in
            let next = index + 1 < found.count ? found[index + 1].command : ""
            let mayFail = exchange.output.contains { $0.hasPrefix("kmsec: error:") } || next == "echo $?"
            return Exchange(line: exchange.line, command: exchange.command, output: exchange.output, mayFail: mayFail)
        }
    }

    /// Runs all commands in one shell, and returns the differences from the page.
    ///
    /// `sleep` takes three times as long as the page says: background processes share the machine with other tests.
    func differences(in folder: TemporaryFolder, environment: [String: String]) async throws -> [Difference] {
        let mark = "\u{1E}"
        let script = exchanges.map { "\($0.command)\nshown=$?; printf '\(mark)%s\(mark)' $shown; (exit $shown)\n" }
        let outcome = try await Programs.shell.run(
            ["-c", "umask 022; exec 2>&1\nsleep() { command sleep $((3 * $1)); }\n" + script.joined()],
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

    /// Whether a command's output is as shown, except for newlines at its end.
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
