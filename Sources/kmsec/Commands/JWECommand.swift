import ArgumentParser
import Foundation
import KMJOSE
import KMSecurity

/// Groups what is done with JWEs.
struct JWECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwe",
        abstract: "Look at JWEs.",
        subcommands: [JWEInspectCommand.self]
    )
}

/// Shows a JWE's protected header and sizes.
struct JWEInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Show a JWE without a key: a body or a compact serialization in; its header and the sizes of its parts out."
    )

    @Flag(help: "Write JSON.")
    var json = false

    /// What can be seen without a key.
    struct Report: Encodable {
        let protectedHeader: String
        let sizes: [String: Int]
        let accepted: Bool
        let reason: String?
    }

    func run() throws {
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        let message = try JWEInput.message(in: Streams.readAll())
        let parts = try JWECompact(decoding: message.span, policy: policy)
        guard let header = String(validating: parts.headerJSON, as: UTF8.self) else {
            throw KMError(.malformedHeader, "the protected header is not UTF-8")
        }
        // The header first: what it names explains the sizes.
        let refusal = Result {
            _ = try JWEHeader(parsing: parts.headerJSON, policy: policy)
            try parts.checkSizes()
        }.failure
        let sizes = [
            ("protected header", parts.headerJSON.count), ("encrypted key", parts.encryptedKey.count),
            ("initialization vector", parts.iv.count), ("ciphertext", parts.ciphertext.count),
            ("authentication tag", parts.tag.count), ("message", message.count),
        ]
        if json {
            return try Streams.writeJSON(
                Report(
                    protectedHeader: header,
                    sizes: Dictionary(uniqueKeysWithValues: sizes),
                    accepted: refusal == nil,
                    reason: refusal
                )
            )
        }
        try Streams.writeLine(Terminal.printable(MessageMasking.apply(to: header)))
        for (name, size) in sizes { try Streams.writeLine(Terminal.padded(name, to: 22) + "\(size) bytes") }
        try Streams.writeLine(Terminal.padded("taken", to: 22) + (refusal.map { "no: \($0)" } ?? "yes"))
    }
}

extension Result {
    /// The failure's text.
    fileprivate var failure: String? {
        if case .failure(let error) = self { return "\(error)" }
        return nil
    }
}
