public import Foundation
internal import KMJSON
public import KMPrimitives

/// The platform's result of a call: `{"response":{"code":…,"message":…,"description":…}}`.
///
/// It is part of the parameters of a success. An error reply consists of it alone and is not encrypted.
public struct PlatformResult: Sendable, Hashable {
    /// The code, such as `000_000`.
    public let code: String
    /// The meaning of the code.
    public let message: String
    /// More information, if there is any.
    public let description: String?

    /// The result of a success, with HTTP status 200.
    public static let success = PlatformResult(code: "000_000", message: "Success.")

    /// Creates a result.
    public init(code: String, message: String, description: String? = nil) {
        self.code = code
        self.message = message
        self.description = description
    }

    /// Whether the code is that of a success, `000_000`.
    public var isSuccess: Bool { code == Self.success.code }

    /// Parses the `response` member of a body or of decrypted parameters.
    ///
    /// Other members are ignored.
    ///
    /// An unencrypted body proves nothing about its sender.
    ///
    /// - Parameter json: One JSON object.
    /// - Throws: ``KMError`` `malformedJSON`; `malformedResult` if the member is missing or appears twice, or if its
    ///   `code` or `message` is missing or not a string.
    public init(parsing json: [UInt8]) throws {
        let text = json.span
        var scanner = JSONScanner()
        guard try scanner.next(in: text) == .objectStart else { throw Self.malformed("the body must be a JSON object") }
        var members: [String: String]?
        while try scanner.next(in: text) == .name {
            let isResponse = JSONString.string(text, scanner.range) == "response"
            let token = try scanner.next(in: text)
            guard isResponse else {
                try scanner.skipValue(in: text, startedBy: token)
                continue
            }
            guard members == nil else { throw Self.malformed("response appears twice") }
            guard token == .objectStart else { throw Self.malformed("response must be an object") }
            members = try Self.members(&scanner, text)
        }
        _ = try scanner.next(in: text)
        guard let code = members?["code"], let message = members?["message"] else {
            throw Self.malformed("the body must have a response with a code and a message")
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
                    throw malformed("a member of response appears twice")
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

    /// The parts, with card numbers masked, because a peer's text may quote its input.
    fileprivate var maskedText: String {
        MessageMasking.apply(to: ([code, message] + [description].compactMap(\.self)).joined(separator: ": "))
    }

    /// The body of an error reply, or of an answer without other parameters.
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
    /// The parts, with card numbers masked, because a peer's text may quote its input.
    public var debugDescription: String { "PlatformResult(\(maskedText))" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A call that the platform rejects: a ``PlatformResult`` that is not a success, sent with HTTP status 400.
///
/// The handler of a server throws it to reject a call. A client reads it from the body of an error reply.
public struct PlatformError: Error, Sendable, Hashable {
    /// The result.
    public let result: PlatformResult

    /// Invalid input parameter, `000_002`.
    public static let invalidInputParameter = PlatformError("000_002", "Invalid input parameter.")
    /// The user is not a member, or the membership was cancelled, `001_006`.
    public static let walletUserNotFound = PlatformError("001_006", "Wallet user not found.")
    /// The card number, expiry date or CVC is wrong, `003_011`.
    public static let invalidCardInfo = PlatformError("003_011", "Invalid card info.")
    /// No issued card was found, `003_049`.
    public static let notFoundIssuedCards = PlatformError("003_049", "Not found issued cards.")

    private init(_ code: String, _ message: String) {
        result = PlatformResult(code: code, message: message)
    }

    /// Creates an error from a result.
    ///
    /// - Throws: ``KMError`` `malformedResult` if the result is a success.
    public init(_ result: PlatformResult) throws {
        guard !result.isSuccess else {
            throw KMError(
                .malformedResult,
                "an error reply must not have the code \(PlatformResult.success.code), success"
            )
        }
        self.result = result
    }

    /// Parses the body of an error reply.
    ///
    /// - Throws: ``KMError`` `malformedJSON`; `malformedResult` if the body is not a result, or if it is a success.
    public init(parsing body: [UInt8]) throws {
        try self.init(PlatformResult(parsing: body))
    }
}

extension PlatformError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, LocalizedError {
    /// The result, with card numbers masked, because a peer's text may quote its input.
    public var description: String { result.maskedText }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// The bytes are not a result in the platform's form, or an error reply has the code of a success.
    public static let malformedResult = Self("malformedResult")
}
