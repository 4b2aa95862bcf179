internal import Foundation
internal import KMPrimitives

/// The crypto keys of a party, found by their ids.
///
/// One of them can be the primary key, which encrypts requests.
///
/// A keyring is an immutable value. A change returns a new keyring, and calls in progress keep the old one. To rotate a
/// key: add the new key on every machine, make it primary, set the old key inactive, and discard it when no message
/// under it is in transit any more.
public struct CryptoKeyring: Sendable {
    /// The id of the key that encrypts requests; nil in a server's keyring, which only answers.
    public let primaryID: CryptoKeyID?

    private let byID: [CryptoKeyID: CryptoKey]
    /// Distinguishes this keyring from all that were created separately.
    private let identity = Identity()

    private final class Identity: Sendable {}

    /// Returns whether both are copies of one keyring.
    func isCopy(of other: CryptoKeyring) -> Bool { identity === other.identity }

    /// Creates a client's keyring with one key, which encrypts requests.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` if the key is not active or has no public key.
    public init(primary key: CryptoKey) throws {
        try self.init([key], primary: key.id)
    }

    /// Creates a keyring.
    ///
    /// - Parameters:
    ///   - keys: The keys, with distinct ids.
    ///   - primary: The id of the key that encrypts requests. Pass nil on a server: it answers under the key that a
    ///     request names, and a primary key could not be set inactive.
    /// - Throws: ``KMError`` `keyringInvalid` if an id appears twice, or if the primary key is not among the keys, not
    ///   active, or without a public key.
    public init(_ keys: [CryptoKey], primary: CryptoKeyID?) throws {
        byID = try Dictionary(keys.map { ($0.id, $0) }) { key, _ in
            throw KMError(.keyringInvalid, "the id \(key.id) appears twice")
        }
        primaryID = primary
        // Every callback asks for it.
        let active = byID.values.filter { $0.state == .active }
        let isAmbiguous = active.count > 1 && active.contains { $0.issuedAt == nil }
        firstIssued = isAmbiguous ? nil : active.min(by: Self.isIssuedBefore)
        guard let primary else { return }
        guard let key = byID[primary], key.state == .active, key.encryptionKey != nil else {
            throw KMError(
                .keyringInvalid,
                "the primary key \(primary) must be among the keys, active, and have a public key"
            )
        }
    }

    /// The keys in the order in which they were issued; keys without a time of issue come first.
    public var keys: [CryptoKey] {
        byID.values.sorted(by: Self.isIssuedBefore)
    }

    private static func isIssuedBefore(_ left: CryptoKey, _ right: CryptoKey) -> Bool {
        (left.issuedAt ?? .distantPast, left.id.text) < (right.issuedAt ?? .distantPast, right.id.text)
    }

    /// The active key that was issued first, which callbacks use; nil if there is none, or if there are several active
    /// keys and one has no time of issue.
    public let firstIssued: CryptoKey?

    /// Returns the key of a callback that names none: ``firstIssued``.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` if a key is required and several are active, one without a time of issue.
    package func callbackKeyID(isRequired: Bool) throws -> CryptoKeyID? {
        guard isRequired, firstIssued == nil, byID.values.contains(where: { $0.state == .active }) else {
            return firstIssued?.id
        }
        throw KMError(
            .keyringInvalid,
            "a callback uses the active key that was issued first, and the keyring cannot tell which one that is; give "
                + "each active key its issuedAt"
        )
    }

    /// Returns the key with an id.
    ///
    /// - Throws: ``KMError`` `keyUnknown`.
    public func key(_ id: CryptoKeyID) throws -> CryptoKey {
        guard let key = byID[id] else { throw Self.unknown(id) }
        return key
    }

    /// The error for an id that no key has.
    static func unknown(_ id: CryptoKeyID) -> KMError {
        KMError(.keyUnknown, "the keyring has no key \(id.masked); add it")
    }

    /// Returns this keyring with one more key.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` if a key has this id, even a discarded one.
    public func adding(_ key: CryptoKey) throws -> CryptoKeyring {
        try CryptoKeyring(keys + [key], primary: primaryID)
    }

    /// Returns this keyring with another primary key, or with none.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` if the key is not in the keyring, not active, or has no public key.
    public func makingPrimary(_ id: CryptoKeyID?) throws -> CryptoKeyring {
        try CryptoKeyring(keys, primary: id)
    }

    /// Returns this keyring with a key in another state.
    ///
    /// - Throws: ``KMError`` `keyUnknown`; `keyNotActive` if the key was discarded, which is final; `keyringInvalid` if
    ///   it is the primary key and would no longer encrypt. Make another key primary first, or on a server none.
    public func setting(_ state: CryptoKey.State, of id: CryptoKeyID) throws -> CryptoKeyring {
        let key = try key(id)
        guard key.state != .discarded else { throw KMError(.keyNotActive, "key \(id) is discarded, which is final") }
        guard state == .active || id != primaryID else {
            throw KMError(
                .keyringInvalid,
                "key \(id) is primary; make another key primary first, or on a server none: makingPrimary(nil)"
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
    /// The text for a message about an id from a peer, with digits masked if they look like a card number.
    package var masked: String { MessageMasking.apply(to: text) }
}
