internal import Foundation
internal import KMSecurity

/// The keys of a receiver, each with its id and state.
struct KeyList: MemberSet {
    let keys: [Strict<Key>]

    enum CodingKeys: CodingKey, CaseIterable {
        case keys
    }

    struct Key: MemberSet {
        let id: String
        let state: State
        let privateKey: String

        enum CodingKeys: CodingKey, CaseIterable {
            case id, state, privateKey
        }
    }

    enum State: String, Decodable {
        case active, inactive, discarded

        var keyState: CryptoKey.State {
            switch self {
            case .active: .active
            case .inactive: .inactive
            case .discarded: .discarded
            }
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
