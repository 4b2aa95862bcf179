internal import Foundation
internal import KMPrimitives

/// The keys that a party holds, at most one of an id, and which of them encrypts requests: the primary one.
///
/// A ring does not change: a change gives a new ring, so that calls under way keep theirs. Keys are found by their id
/// and never by trial. While a key is rotated the platform has two: put the new one into the ring everywhere, then make
/// it primary, then set the old one inactive, and when nothing under it is under way any more, discard it.
public struct CryptoKeyring: Sendable {
    /// The id of the key that encrypts requests; nil in a ring that only answers.
    public let primaryID: CryptoKeyID?

    private let byID: [CryptoKeyID: CryptoKey]
    /// Tells a ring from all that were made separately.
    private let identity = Identity()

    private final class Identity: Sendable {}

    /// Whether both are copies of one ring.
    func isCopy(of other: CryptoKeyring) -> Bool { identity === other.identity }

    /// A ring of one key, which is primary if it can encrypt: a client's.
    ///
    /// A server, which answers under the key that a request names, needs no primary key:
    /// `CryptoKeyring([key], primary: nil)`.
    public init(_ key: CryptoKey) {
        byID = [key.id: key]
        primaryID = key.state == .active && key.encryptionKey != nil ? key.id : nil
    }

    /// A ring of `keys`, of which `primary` encrypts requests; nil in a ring that only answers, a server's, where any key
    /// can be set inactive.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` when an id stands there twice, or when `primary` is not among them, not
    ///   active, or without a public half.
    public init(_ keys: [CryptoKey], primary: CryptoKeyID?) throws {
        byID = try Dictionary(keys.map { ($0.id, $0) }) { key, _ in
            throw KMError(.keyringInvalid, "the id \(key.id) stands there twice")
        }
        primaryID = primary
        guard let primary else { return }
        guard let key = byID[primary], key.state == .active, key.encryptionKey != nil else {
            throw KMError(.keyringInvalid, "the primary key \(primary) is not there, not active, or has no public half")
        }
    }

    /// The keys, oldest issue first.
    public var keys: [CryptoKey] {
        byID.values.sorted { ($0.issuedAt, $0.id.text) < ($1.issuedAt, $1.id.text) }
    }

    /// The active key that was issued first: the platform uses it on callbacks.
    public var firstIssued: CryptoKey? {
        keys.first { $0.state == .active }
    }

    /// The key of an id.
    ///
    /// - Throws: ``KMError`` `keyUnknown`.
    public func key(_ id: CryptoKeyID) throws -> CryptoKey {
        guard let key = byID[id] else { throw Self.unknown(id) }
        return key
    }

    /// The error of an id that no key has.
    static func unknown(_ id: CryptoKeyID) -> KMError {
        KMError(.keyUnknown, "the keyring has no key \(id.masked)")
    }

    /// This ring with one key more.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` when its id is taken, by a discarded key too.
    public func adding(_ key: CryptoKey) throws -> CryptoKeyring {
        try CryptoKeyring(keys + [key], primary: primaryID)
    }

    /// This ring with another primary key, or with none.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` when it is not there, not active, or has no public half.
    public func makingPrimary(_ id: CryptoKeyID?) throws -> CryptoKeyring {
        try CryptoKeyring(keys, primary: id)
    }

    /// This ring with the key of an id in another state.
    ///
    /// - Throws: ``KMError`` `keyUnknown`; `keyNotActive` when it was discarded, which is final; `keyringInvalid` when it
    ///   is primary and would no longer encrypt: make another one primary first, or on a server none.
    public func setting(_ state: CryptoKey.State, of id: CryptoKeyID) throws -> CryptoKeyring {
        let key = try key(id)
        guard key.state != .discarded else { throw KMError(.keyNotActive, "key \(id) is discarded, for good") }
        guard state == .active || id != primaryID else {
            throw KMError(
                .keyringInvalid,
                "key \(id) is primary: make another one primary first, or none (makingPrimary(nil)) in a ring that only answers"
            )
        }
        return try CryptoKeyring(keys.map { $0.id == id ? $0.with(state: state) : $0 }, primary: primaryID)
    }
}

extension CryptoKeyring: CustomStringConvertible, CustomReflectable {
    /// The ids and states.
    public var description: String {
        let items = keys.map { "\($0.id) \($0.state.rawValue)\($0.id == primaryID ? " primary" : "")" }
        return "CryptoKeyring(\(items.joined(separator: ", ")))"
    }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CryptoKeyID {
    /// The text for a message about an id that a peer sent, which can be digits of any meaning.
    var masked: String { MessageMasking.apply(to: text) }
}
