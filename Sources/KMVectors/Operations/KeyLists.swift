internal import Foundation
internal import KMSecurity

/// The keys of a sender, each with its id and state.
struct SenderKeyList: MemberSet {
    let keys: [Strict<Key>]

    enum CodingKeys: CodingKey, CaseIterable {
        case keys
    }

    struct Key: MemberSet {
        let id: String
        let state: KeyState
        /// The public key, SPKI in PEM; without it, the sender has only the private key.
        let publicKey: String?
        let privateKey: String

        enum CodingKeys: CodingKey, CaseIterable {
            case id, state, publicKey, privateKey
        }
    }

    /// Returns the sender's keyring, with public keys, and the receiver's keyring, with private keys.
    func keyrings() throws -> (sender: CryptoKeyring, receiver: CryptoKeyring) {
        let pairs = try keys.map(\.members).map { key in
            let pair = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            let publicKey = try key.publicKey.map { try RSAPublicKey(parsing: Array($0.utf8)) }
            guard publicKey.map({ $0 == pair.publicKey }) ?? true else {
                throw VectorFileError("publicKey and privateKey must be of the same key pair")
            }
            let id = try CryptoKeyID(key.id)
            let issuedAt = Date(timeIntervalSince1970: 0)
            let sender = try CryptoKey(
                id: id,
                encryptionKey: publicKey,
                decryptionKey: publicKey == nil ? pair : nil,
                state: key.state.keyState,
                issuedAt: issuedAt
            )
            let receiver = try CryptoKey(id: id, decryptionKey: pair, state: key.state.keyState, issuedAt: issuedAt)
            return (sender: sender, receiver: receiver)
        }
        return (
            try CryptoKeyring(pairs.map(\.sender), primary: nil),
            try CryptoKeyring(pairs.map(\.receiver), primary: nil)
        )
    }
}

/// The keys of a receiver, each with its id and state.
struct ReceiverKeyList: MemberSet {
    let keys: [Strict<Key>]

    enum CodingKeys: CodingKey, CaseIterable {
        case keys
    }

    struct Key: MemberSet {
        let id: String
        let state: KeyState
        let privateKey: String

        enum CodingKeys: CodingKey, CaseIterable {
            case id, state, privateKey
        }
    }

    /// Returns each key with both its public and its private key, and the private key on its own.
    func keyPairs() throws -> [(key: CryptoKey, privateKey: RSAPrivateKey)] {
        try keys.map(\.members).map { key in
            let pair = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            let key = try CryptoKey(
                id: CryptoKeyID(key.id),
                encryptionKey: pair.publicKey,
                decryptionKey: pair,
                state: key.state.keyState,
                issuedAt: Date(timeIntervalSince1970: 0)
            )
            return (key, pair)
        }
    }
}

/// The name of a key's state in files.
enum KeyState: String, Decodable {
    case active, inactive, discarded

    var keyState: CryptoKey.State {
        switch self {
        case .active: .active
        case .inactive: .inactive
        case .discarded: .discarded
        }
    }
}
