public import Foundation
internal import KMPrimitives

/// Remembers which requests were honoured, so that none is honoured twice.
///
/// A fleet of servers that answer for the same access keys needs one memory: a guard of its own on each lets a copy pass
/// once at every one of them. Implement this protocol over a store that all of them reach and that sets a key only where
/// there is none, with a time to live (Redis' `SET key value NX PXAT time`, a table with a unique index), and let its
/// failure throw: what cannot be remembered must not be honoured.
public protocol ReplayGuard: Sendable {
    /// Claims a request for the caller. Of any number of calls with one key, at once or one after the other, exactly one
    /// is told ``ReplayClaim/first`` until `expiry` has passed.
    ///
    /// - Parameters:
    ///   - key: what the request is known by.
    ///   - expiry: the last instant at which a copy could be taken for fresh.
    ///   - date: now.
    /// - Returns: whether the request may be honoured.
    /// - Throws: what keeps the guard from telling; the request is then refused.
    func claim(_ key: ReplayKey, until expiry: Date, at date: Date) async throws -> ReplayClaim
}

/// A replay guard's answer.
public enum ReplayClaim: Sendable, Hashable {
    /// The request was not seen before.
    case first
    /// It was.
    case replayed
    /// There is no room to remember it.
    case full
    /// Whether it was seen is no longer known: the clock was set back since requests of its time were let go.
    case forgotten
}

/// What a request is known by: a SHA-256 digest, the same on every server, from which nothing can be read.
///
/// It is made of the access key (or, for callbacks, the ASP id) and the token's MAC. Where the body is encrypted that is
/// all: such a body never comes twice by right, and the token's time and the correlation id, which no MAC covers, could
/// be changed in a copy. Where it is not, the same body may come again by right, and the time and the correlation id are
/// part of the key.
public struct ReplayKey: Sendable, Hashable {
    private let words: SIMD4<UInt64>

    init(_ headers: RequestHeaders, isBodyUnique: Bool) throws {
        var text = Array((headers.accessKey?.text ?? "callback \(headers.aspID.text)").utf8)
        text.append(0)
        headers.token.mac.withBytes { mac in
            for index in mac.indices { text.append(mac[index]) }
        }
        if !isBodyUnique { text += "\(headers.token.timeDigits)\(headers.timeZone)\(headers.correlationID)".utf8 }
        let digest = try SHA256.digest(text)
        var words = SIMD4<UInt64>()
        for (index, byte) in digest.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// 64 lower-case hexadecimal digits, for a store's key.
    public var text: String {
        words.indices.map { index in
            let digits = String(words[index], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Hashes a part of the digest, which nobody can choose.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words[0])
    }
}

extension SIMD4<UInt64> {
    fileprivate var indices: Range<Int> { 0..<4 }
}

extension KMError.Code {
    /// The request, or a copy of it, was honoured before.
    public static let replayed = Self("replayed")
    /// The replay guard has no room, so that nothing can be honoured: give it more, or shorten what it keeps.
    public static let replayGuardFull = Self("replayGuardFull")
    /// The server's clock was set back: requests of this time were already let go, and a copy could not be told.
    ///
    /// It ends by itself when the clock has caught up, or with a new replay guard, at the risk of a copy.
    public static let clockSetBack = Self("clockSetBack")
}
