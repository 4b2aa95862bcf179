internal import Foundation
internal import KMSecurity

/// A sender's keys, each with an id of its own.
struct SenderKeyList: MemberSet {
    let keys: [Strict<Key>]

    enum CodingKeys: CodingKey, CaseIterable {
        case keys
    }

    struct Key: MemberSet {
        let id: String
        let state: KeyList.State
        /// SPKI, PEM; a sender without it has the private half alone.
        let publicKey: String?
        let privateKey: String

        enum CodingKeys: CodingKey, CaseIterable {
            case id, state, publicKey, privateKey
        }
    }

    /// The sender's ring of public halves, and a ring with which its bodies are opened again.
    func rings() throws -> (sender: CryptoKeyring, receiver: CryptoKeyring) {
        let pairs = try keys.map(\.members).map { key in
            let pair = try RSAPrivateKey(parsing: Array(key.privateKey.utf8))
            let publicKey = try key.publicKey.map { try RSAPublicKey(parsing: Array($0.utf8)) }
            guard publicKey.map({ $0 == pair.publicKey }) ?? true else {
                throw VectorFileError("publicKey and privateKey of a key are of two pairs")
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
