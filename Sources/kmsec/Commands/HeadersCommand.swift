import ArgumentParser
import Foundation
import HTTPTypes
import KMSecurity

/// Groups what is done with headers.
struct HeadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headers",
        abstract: "Check the headers of a call.",
        subcommands: [HeadersCheckCommand.self]
    )
}

/// Judges each header.
struct HeadersCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge headers: lines of Name: value in, a verdict on each header out; exit status 1 if one is wrong."
    )

    @Flag(help: "They are a response's.")
    var response = false

    func run() throws {
        let lines = try HeaderLines(Streams.readAll())
        let verdicts = response ? HeaderVerdicts.response(lines.fields) : HeaderVerdicts.request(lines.fields)
        var isGood = lines.faults.isEmpty
        for fault in lines.faults { try Streams.writeLine(fault) }
        for verdict in verdicts {
            let word =
                verdict.fault.map { "wrong: \($0.detail)" } ?? (verdict.isPresent ? "ok" : "absent, which is allowed")
            try Streams.writeLine(Terminal.padded(verdict.header, to: 22) + word)
            isGood = isGood && verdict.fault == nil
        }
        guard isGood else { throw ExitCode.failure }
    }
}

/// Lines of `Name: value`.
struct HeaderLines {
    private(set) var fields = HTTPFields()
    private(set) var faults: [String] = []

    init(_ input: [UInt8]) throws {
        guard let text = String(validating: input, as: UTF8.self) else {
            throw KMError(.headerInvalid, "standard input is not UTF-8")
        }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard !line.isEmpty else { continue }
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                faults.append("line \(index + 1): not of the form Name: value")
                continue
            }
            let value = line[line.index(after: colon)...].trimming { $0 == " " || $0 == "\t" }
            // HTTPField would turn what no header can hold into spaces, unseen.
            guard HTTPField.isValidValue(String(value)) else {
                faults.append("line \(index + 1): \(name.rawName) has a character that no header can hold")
                continue
            }
            fields.append(HTTPField(name: name, value: String(value)))
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        let front = drop(while: isBlank)
        return front[..<(front.lastIndex { !isBlank($0) }.map(front.index(after:)) ?? front.startIndex)]
    }
}
