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
        let state: KeyList.State
        /// The public key, SPKI in PEM; without it, the sender has only the private key.
        let publicKey: String?
        let privateKey: String

        enum CodingKeys: CodingKey, CaseIterable {
            case id, state, publicKey, privateKey
        }
    }

    /// Returns the sender's keyring, with public keys, and the receiver's keyring, with private keys.
    func rings() throws -> (sender: CryptoKeyring, receiver: CryptoKeyring) {
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
