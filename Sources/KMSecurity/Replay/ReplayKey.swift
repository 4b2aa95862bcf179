internal import KMPrimitives

/// The identity of a request for a replay guard.
///
/// It is a SHA-256 digest that is the same on every server and reveals nothing about the request.
///
/// The digest covers the access key (on callbacks, the ASP id) and the token's MAC. For an encrypted body it covers
/// nothing else. No two genuine requests have the same encrypted body, and an attacker who captured one can change the
/// token's time and the correlation id, which the MAC does not cover. Genuine requests can have equal plain bodies, so
/// the digest of a plain request also covers its time, time zone and correlation id.
public struct ReplayKey: Sendable, Hashable {
    /// The digest as four big-endian words.
    let words: SIMD4<UInt64>

    init(_ headers: RequestHeaders, _ kind: ReplayShare.Kind) throws {
        var text = Array((headers.accessKey?.text ?? "callback \(headers.aspID.text)").utf8)
        text.append(0)
        headers.token.mac.withBytes { mac in
            for index in mac.indices { text.append(mac[index]) }
        }
        if kind == .plain { text += "\(headers.token.timeDigits)\(headers.timeZone)\(headers.correlationID)".utf8 }
        let digest = try SHA256.digest(text)
        var words = SIMD4<UInt64>()
        for (index, byte) in digest.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// The digest as 64 lower-case hexadecimal digits, for the key of a store.
    public var text: String {
        words.indices.map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Hashes the first word of the digest, which nobody can choose.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words[0])
    }
}

extension ReplayKey: CustomStringConvertible {
    /// The same as ``text``.
    public var description: String { text }
}

extension SIMD4<UInt64> {
    fileprivate var indices: Range<Int> { 0..<4 }
}
