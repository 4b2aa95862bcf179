public import HTTPTypes
internal import KMJOSE
public import KMPrimitives

/// The value of X-KM-Tran-Token, `KMV1:<time>:<mac>`, which authenticates a request's body.
///
/// The time is `yyyyMMddHHmmssSSS` in the zone that X-KM-Time-Zone names. The MAC is the Base64 text of HMAC-SHA-256
/// under the secret key, over the body's bytes as sent. It proves that whoever made the token has the secret key. It
/// covers only the body, not the time or any header.
public struct TranToken: Sendable {
    /// The header name, X-KM-Tran-Token.
    public static let headerName = HTTPField.Name.kmTranToken
    /// The accepted lengths: 66 characters without the Base64 pad, 67 with it.
    public static let characterCounts = 66...67

    /// The prefix `KMV1:` in ASCII.
    private static let opening: InlineArray<5, UInt8> = [0x4B, 0x4D, 0x56, 0x31, 0x3A]

    package let time: CivilTime
    package let mac: HMACSHA256.MAC

    package init(time: CivilTime, mac: HMACSHA256.MAC) {
        self.time = time
        self.mac = mac
    }

    /// Parses a token, with or without the Base64 pad.
    ///
    /// The time must be valid, and the MAC must be canonical Base64 of 32 bytes. The MAC is not verified here.
    ///
    /// - Throws: ``KMError`` `tokenMalformed` when `text` is not a token. The detail says what was expected, and never
    ///   contains the MAC.
    public init(_ text: String) throws {
        let bytes = text.utf8Span.span
        guard Self.characterCounts.contains(bytes.count) else {
            throw KMError(.tokenMalformed, "the token must be 66 or 67 characters; got \(bytes.count)")
        }
        for place in 0..<5 where bytes[place] != Self.opening[place] {
            throw KMError(.tokenMalformed, "the token must begin with KMV1:")
        }
        guard bytes[22] == UInt8(ascii: ":") else {
            throw KMError(.tokenMalformed, "the time must be 17 digits, followed by a colon")
        }
        guard let time = CivilTime(digits: bytes.extracting(5..<22)) else {
            throw KMError(.tokenMalformed, "the time must be a valid date and time, yyyyMMddHHmmssSSS")
        }
        guard bytes.count == 66 || bytes[66] == UInt8(ascii: "=") else {
            throw KMError(.tokenMalformed, "a token of 67 characters must end in the Base64 pad, =")
        }
        var mac = InlineArray<32, UInt8>(repeating: 0)
        var span = mac.mutableSpan
        guard Base64.standard.decode(bytes.extracting(23..<66), into: &span) else {
            throw KMError(.tokenMalformed, "the MAC must be canonical Base64 of 32 bytes")
        }
        self.init(time: time, mac: HMACSHA256.MAC(mac))
    }

    /// Formats the token as the header's text.
    ///
    /// - Parameter profile: The wire profile that decides whether the MAC has its Base64 pad.
    /// - Returns: 66 characters without the pad, 67 with it.
    public func text(_ profile: WireProfile = .documented) -> String {
        var text = InlineArray<67, UInt8>(repeating: UInt8(ascii: "="))
        var span = text.mutableSpan
        for place in 0..<5 { span[place] = Self.opening[place] }
        time.write(to: &span, at: 5)
        span[22] = UInt8(ascii: ":")
        mac.withBytes { Base64.standard.write($0, to: &span, at: 23) }
        return String(ascii: text.span.extracting(first: profile.padsToken ? 67 : 66))
    }

    /// The token's time as 17 digits, `yyyyMMddHHmmssSSS`.
    public var timeDigits: String { time.digits }
}

extension TranToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token's time, without the MAC.
    public var description: String { "TranToken(\(time.digits), redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the MAC is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// X-KM-Tran-Token is not a well-formed `KMV1` token; the detail says what was expected.
    public static let tokenMalformed = Self("tokenMalformed")
    /// The token's MAC does not match this body under this secret key.
    public static let tokenMismatch = Self("tokenMismatch")
    /// The token's time is too far in the past or in the future.
    public static let tokenStale = Self("tokenStale")
}
