public import Foundation
internal import KMJSON
public import KMPrimitives

/// The platform's word on a call: `{"response":{"code":…,"message":…,"description":…}}`, beside the parameters of a
/// success, or alone and unencrypted in an error reply.
///
/// It is an error too: on a server, what ``ServerSecurity/respond(to:_:for:isolation:_:)`` asks throws it to refuse; a
/// client may throw the one it was told.
public struct PlatformResult: Error, Sendable, Hashable {
    /// The code, e.g.
    ///
    /// `000_000`.
    public let code: String
    /// What the code means.
    public let message: String
    /// More, where there is more to say.
    public let description: String?

    /// HTTP 200: success.
    public static let success = PlatformResult(code: "000_000", message: "Success.")
    /// HTTP 400: invalid input parameter.
    public static let invalidInputParameter = PlatformResult(code: "000_002", message: "Invalid input parameter.")
    /// HTTP 400: not a member, or membership cancelled.
    public static let walletUserNotFound = PlatformResult(code: "001_006", message: "Wallet user not found.")
    /// HTTP 400: wrong card number, expiry date or CVC.
    public static let invalidCardInfo = PlatformResult(code: "003_011", message: "Invalid card info.")
    /// HTTP 400: no issued card found.
    public static let notFoundIssuedCards = PlatformResult(code: "003_049", message: "Not found issued cards.")

    /// A result of the given parts.
    public init(code: String, message: String, description: String? = nil) {
        self.code = code
        self.message = message
        self.description = description
    }

    /// Reads the `response` member of a body or of decrypted parameters, one JSON object; other members are passed
    /// over.
    ///
    /// Nothing proves who wrote an unencrypted one.
    ///
    /// - Throws: ``KMError`` `malformedJSON`, `malformedResult` when there is no such member, it stands there twice, or
    ///   `code` or `message` is missing or no string.
    public init(parsing json: [UInt8]) throws {
        let text = json.span
        var scanner = JSONScanner()
        guard try scanner.next(in: text) == .objectStart else { throw Self.malformed("not an object") }
        var members: [String: String]?
        while try scanner.next(in: text) == .name {
            let isResponse = JSONString.string(text, scanner.range) == "response"
            let token = try scanner.next(in: text)
            guard isResponse else {
                try scanner.skipValue(in: text, startedBy: token)
                continue
            }
            guard members == nil else { throw Self.malformed("response stands there twice") }
            guard token == .objectStart else { throw Self.malformed("response is not an object") }
            members = try Self.members(&scanner, text)
        }
        _ = try scanner.next(in: text)
        guard let code = members?["code"], let message = members?["message"] else {
            throw Self.malformed("no response with a code and a message")
        }
        self.init(code: code, message: message, description: members?["description"])
    }

    private static func members(_ scanner: inout JSONScanner, _ text: Span<UInt8>) throws -> [String: String] {
        var members: [String: String] = [:]
        while try scanner.next(in: text) == .name {
            let name = JSONString.string(text, scanner.range)
            let token = try scanner.next(in: text)
            if let name, token == .string, let value = JSONString.string(text, scanner.range) {
                guard members.updateValue(value, forKey: name) == nil else {
                    throw malformed("a member of response stands there twice")
                }
            } else {
                try scanner.skipValue(in: text, startedBy: token)
            }
        }
        return members
    }

    private static func malformed(_ what: String) -> KMError {
        KMError(.malformedResult, what)
    }

    /// Whether it says anything but success.
    var isRefusal: Bool { code != Self.success.code }

    /// The parts, with card numbers masked: they are a peer's text, which may quote what it was sent.
    private var maskedText: String {
        MessageMasking.apply(to: ([code, message] + [description].compactMap(\.self)).joined(separator: ": "))
    }

    /// The body of an error reply.
    public var body: [UInt8] {
        var body = Array(#"{"response":{"code":"#.utf8)
        JSONString.append(code, to: &body)
        body += #","message":"#.utf8
        JSONString.append(message, to: &body)
        if let description {
            body += #","description":"#.utf8
            JSONString.append(description, to: &body)
        }
        body += "}}".utf8
        return body
    }
}

extension PlatformResult: CustomDebugStringConvertible, CustomReflectable {
    /// The parts, with card numbers masked: they are a peer's text, which may quote what it was sent.
    public var debugDescription: String { "PlatformResult(\(maskedText))" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PlatformResult: LocalizedError {
    /// The parts, with card numbers masked, for `localizedDescription`.
    public var errorDescription: String? { maskedText }
}

extension KMError.Code {
    /// Not the platform's form of a result.
    public static let malformedResult = Self("malformedResult")
}
