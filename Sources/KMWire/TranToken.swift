public import HTTPTypes
internal import KMJOSE
public import KMPrimitives

/// X-KM-Tran-Token: `KMV1:<time>:<mac>`, the proof that whoever holds the secret key sent this very body.
///
/// The time is `yyyyMMddHHmmssSSS` in the zone that X-KM-Time-Zone names; the MAC is HMAC-SHA-256 under the secret key
/// over the body's bytes as sent, in Base64. The MAC covers the body alone: not the time, not a header.
public struct TranToken: Sendable {
    /// X-KM-Tran-Token.
    public static let headerName = HTTPField.Name.kmTranToken
    /// The lengths that are taken: 66 without the Base64 pad, 67 with it.
    public static let characterCounts = 66...67

    /// `KMV1:` in ASCII.
    private static let opening: InlineArray<5, UInt8> = [0x4B, 0x4D, 0x56, 0x31, 0x3A]

    package let time: CivilTime
    package let mac: HMACSHA256.MAC

    package init(time: CivilTime, mac: HMACSHA256.MAC) {
        self.time = time
        self.mac = mac
    }

    /// Reads a token in either form, strictly: one spelling of the MAC, a time that a calendar has.
    ///
    /// - Throws: ``KMError`` `tokenMalformed`, whose detail tells what is due and nothing of the MAC.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Self.characterCounts.contains(bytes.count) else {
            throw KMError(.tokenMalformed, "\(bytes.count) characters; 66 are due, or 67 with the Base64 pad")
        }
        guard bytes.starts(with: "KMV1:".utf8) else { throw KMError(.tokenMalformed, "it does not begin with KMV1:") }
        guard bytes[22] == UInt8(ascii: ":") else {
            throw KMError(.tokenMalformed, "no colon behind 17 digits of time")
        }
        guard let time = CivilTime(digits: bytes.span.extracting(5..<22)) else {
            throw KMError(.tokenMalformed, "the time is not yyyyMMddHHmmssSSS of a calendar")
        }
        guard bytes.count == 66 || bytes[66] == UInt8(ascii: "=") else {
            throw KMError(.tokenMalformed, "67 characters that do not end in the Base64 pad")
        }
        guard let decoded = Base64.standard.decode(bytes.span.extracting(23..<66)),
            let mac = HMACSHA256.MAC(decoded.span)
        else {
            throw KMError(.tokenMalformed, "the MAC is not canonical Base64 of 32 bytes")
        }
        self.init(time: time, mac: mac)
    }

    /// The header's value, in the form of `profile`: 66 or 67 characters.
    public func text(_ profile: WireProfile = .documented) -> String {
        var text = InlineArray<67, UInt8>(repeating: UInt8(ascii: "="))
        var span = text.mutableSpan
        for place in 0..<5 { span[place] = Self.opening[place] }
        time.write(to: &span, at: 5)
        span[22] = UInt8(ascii: ":")
        mac.withBytes { Base64.standard.write($0, to: &span, at: 23) }
        return String(ascii: text.span.extracting(first: profile.padsToken ? 67 : 66))
    }

    /// The time it carries, `yyyyMMddHHmmssSSS`, 17 digits.
    public var timeDigits: String { time.digits }
}

extension TranToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells the time alone.
    public var description: String { "TranToken(\(time.digits), redacted)" }

    /// Tells the time alone.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KMError.Code {
    /// The header is no `KMV1` token.
    public static let tokenMalformed = Self("tokenMalformed")
    /// The token is not of this body under this secret key.
    public static let tokenMismatch = Self("tokenMismatch")
    /// The token's time lies too far in the past or the future.
    public static let tokenStale = Self("tokenStale")
}
