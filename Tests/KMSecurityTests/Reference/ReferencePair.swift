import Foundation
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport

/// The package's receiver and the reference implementation, with the first key of the message vectors.
///
/// The key is the same in every run, so that a body on which the two disagree can be tried again and become a vector.
struct ReferencePair {
    let id: CryptoKeyID
    let publicKey: RSAPublicKey
    let cipher: ParameterCipher
    let reference: ReferenceOpener

    init() throws {
        let key = try ReferenceVectors("message-decrypt").openerKeys()[0]
        id = try CryptoKeyID(key.id)
        publicKey = key.privateKey.publicKey
        reference = ReferenceOpener([key])
        let ring = try CryptoKeyring(
            [CryptoKey(id: id, decryptionKey: key.privateKey, issuedAt: .distantPast)],
            primary: nil
        )
        cipher = try ParameterCipher(keyring: ring, dataKeyCaching: .standard)
    }

    func message(_ body: [UInt8]) -> (package: Verdict, reference: Verdict) {
        (
            Verdict { try cipher.open(body, .message, under: id) },
            Verdict { try reference.message(body, under: id.text) }
        )
    }

    func fields(
        _ body: [UInt8],
        _ selection: FieldSelection,
        _ correlationID: CorrelationID?
    ) -> (package: Verdict, reference: Verdict) {
        let ours = Verdict { try cipher.open(body, .fields(selection), under: id, correlationID: correlationID) }
        let theirs = Verdict {
            try reference.fields(
                body,
                paths: selection.paths.map(\.description),
                presence: selection.presence.reference,
                under: id.text,
                correlationID: correlationID?.text
            )
        }
        return (ours, theirs)
    }
}

extension FieldSelection.Presence {
    var reference: ReferenceRequirement {
        switch self {
        case .everyItem: .everyItem
        case .atLeastOnce: .atLeastOnce
        case .optional: .optional
        }
    }
}
