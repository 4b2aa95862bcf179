internal import Foundation
internal import KMJOSE

/// A key of a keyring, with the work that all its messages share done once.
///
/// A class, so that a look-up copies one reference.
final class PreparedKey: Sendable {
    /// What seals messages under a key.
    struct Sealer: Sendable {
        let id: CryptoKeyID
        let encryptor: JWEEncryptor
        let fieldHeader: FieldHeader
    }

    /// What opens messages under a key.
    struct Opener: Sendable {
        let id: CryptoKeyID
        let decryptor: JWEDecryptor
    }

    private let key: CryptoKey
    private let preparedSealer: Sealer?
    private let preparedOpener: Opener?

    /// Prepares a key.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init(_ key: CryptoKey, _ profile: WireProfile, _ policy: JWEPolicy) throws {
        self.key = key
        preparedSealer = try key.encryptionKey.map { recipient in
            let header = JWEHeader(encryption: profile.encryption, keyID: profile.namesKey ? key.id.text : nil)
            return Sealer(
                id: key.id,
                encryptor: try JWEEncryptor(to: recipient, header: header),
                fieldHeader: FieldHeader(encryption: profile.encryption, keyID: key.id)
            )
        }
        preparedOpener = key.decryptionKey.map { Opener(id: key.id, decryptor: JWEDecryptor(with: $0, policy: policy)) }
    }

    /// The sealer, if the key may encrypt.
    ///
    /// - Parameters:
    ///   - date: The date at which the key's certificate must be valid.
    ///   - answering: Whether the message answers a call under the same key; an inactive key may encrypt answers.
    /// - Returns: The sealer.
    /// - Throws: ``KMError`` `keyNotActive`, `keyHalfMissing`, `certificateNotValid`.
    func sealer(at date: Date, answering: Bool) throws -> Sealer {
        try key.checkEncrypts(at: date, answering: answering)
        guard let sealer = preparedSealer else { throw key.cannotEncrypt }
        return sealer
    }

    /// The opener, if the key may decrypt.
    ///
    /// - Throws: ``KMError`` `keyNotActive`, `keyHalfMissing`.
    func opener() throws -> Opener {
        try key.checkDecrypts()
        guard let opener = preparedOpener else { throw key.cannotDecrypt }
        return opener
    }
}
