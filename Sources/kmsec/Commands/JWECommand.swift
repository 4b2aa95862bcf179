import ArgumentParser
import Foundation
import KMCommandLine
import KMJOSE
import KMSecurity

/// Groups the commands for JWEs.
struct JWECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwe",
        abstract: "Inspect JWEs.",
        subcommands: [JWEInspectCommand.self]
    )
}

/// Shows the protected header and the part sizes of JWEs.
struct JWEInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the headers and part sizes of JWEs, without a key: read a body or a compact serialization."
    )

    @Flag(help: "Write JSON.")
    var json = false

    @OptionGroup var input: InputOptions

    /// The parts of a JWE that are visible without a key, as `--json` writes them.
    struct Report: Encodable {
        /// The normalized path of a field; nil for a whole message.
        let path: String?
        let protectedHeader: String
        let sizes: [String: Int]
        let accepted: Bool
        let reason: String?
    }

    func run() throws {
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        let body = try input.readAll(expecting: "a body or a JWE is")
        let message: [UInt8]
        do {
            message = try JWEInput.message(in: body)
        } catch let error as KMError where error.code == .protectionRequired {
            // The body is not a whole message. Perhaps single fields are encrypted.
            let fields = try JWEInput.fields(in: body, policy: policy)
            guard !fields.isEmpty else { throw error }
            return try write(fields: fields.map { try Self.report($0.message, at: $0.path, policy) })
        }
        let report = try Self.report(message, at: nil, policy)
        if json { try Streams.writeJSON(report) } else { try write(report) }
    }

    private static func report(_ message: [UInt8], at path: String?, _ policy: JWEPolicy) throws -> Report {
        let parts = try JWECompact(decoding: message.span, policy: policy)
        guard let header = String(validating: parts.headerJSON, as: UTF8.self) else {
            throw KMError(.malformedHeader, "the protected header is not UTF-8")
        }
        // Check the header first: its algorithms explain the sizes.
        let rejection = Result {
            _ = try JWEHeader(parsing: parts.headerJSON, policy: policy)
            try parts.checkSizes()
        }.failure
        let counts = [
            parts.headerJSON.count, parts.encryptedKey.count, parts.iv.count, parts.ciphertext.count, parts.tag.count,
            message.count,
        ]
        return Report(
            path: path,
            protectedHeader: header,
            sizes: Dictionary(uniqueKeysWithValues: zip(sizeNames, counts)),
            accepted: rejection == nil,
            reason: rejection
        )
    }

    private static let sizeNames = [
        "protected header", "encrypted key", "initialization vector", "ciphertext", "authentication tag", "message",
    ]

    private func write(fields reports: [Report]) throws {
        if json { return try Streams.writeJSON(reports) }
        for (number, report) in reports.enumerated() {
            if number > 0 { try Streams.writeLine("") }
            try Streams.writeLine(MessageMasking.apply(to: report.path ?? ""))
            try write(report)
        }
    }

    /// Masks card numbers in a header, but not in a correlation id, whose digits can look like a card number.
    private static func masked(_ header: String) -> String {
        var (masked, rest) = ("", header[...])
        while let match = rest.firstMatch(of: /"cid":"([^"]*)"/), (try? CorrelationID(String(match.1))) != nil {
            masked += MessageMasking.apply(to: String(rest[..<match.range.lowerBound])) + match.0
            rest = rest[match.range.upperBound...]
        }
        return masked + MessageMasking.apply(to: String(rest))
    }

    private func write(_ report: Report) throws {
        try Streams.writeLine(Self.masked(report.protectedHeader))
        for name in Self.sizeNames {
            try Streams.writeLine(Terminal.padded(name, to: 22) + "\(report.sizes[name] ?? 0) bytes")
        }
        try Streams.writeLine(Terminal.padded("accepted", to: 22) + (report.reason.map { "no: \($0)" } ?? "yes"))
    }
}

extension Result {
    /// The text of the error; nil for a success.
    fileprivate var failure: String? {
        if case .failure(let error) = self { return "\(error)" }
        return nil
    }
}
