internal import KMPrimitives

/// The identity of a request for a replay guard: a SHA-256 digest, equal on every server, that reveals nothing of the
/// request.
///
/// The digest covers the access key (on callbacks, the ASP id) and the token's MAC. For an encrypted body that is all: no
/// two genuine requests have the same encrypted body, and an attacker who captured one can change the token's time and the
/// correlation id, which no MAC covers. Genuine requests can have equal plain bodies, so the digest of a plain request
/// covers its time and correlation id too.
public struct ReplayKey: Sendable, Hashable {
    /// The digest; its first byte is the highest of the first word.
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

    /// 64 lower-case hexadecimal digits, for the key of a store.
    public var text: String {
        words.indices.map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Hashes one word of the digest, which nobody can choose.
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
