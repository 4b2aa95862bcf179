internal import KMJOSE
package import KMPrimitives

/// Where a sender's content keys and initialization vectors come from.
enum ContentKeySource: Sendable {
    /// Fresh ones for every message.
    case fresh
    /// Content keys that serve for a while, with fresh initialization vectors.
    case cache(DataKeyCache)
    /// The ones given, for test vectors.
    case insecureGiven(InsecureGivenKey)
}

extension ParameterCipher {
    /// The data-key cache, where there is one.
    var cache: DataKeyCache? {
        guard case .cache(let cache) = contentKeys else { return nil }
        return cache
    }

    /// This cipher with everything that it would draw at random given to it, so that its bodies can be foretold.
    ///
    /// For test vectors alone: under a key and initialization vector that serve twice, AES-GCM protects nothing.
    package func insecurelyUsing(_ given: InsecureGivenKey) -> ParameterCipher {
        var cipher = self
        cipher.contentKeys = .insecureGiven(given)
        return cipher
    }
}

/// What a sender draws at random for one message, given.
///
/// A class, so that a cipher is no larger for it.
package final class InsecureGivenKey: Sendable {
    private let key: SecretBytes
    private let encryptedKey: [UInt8]
    private let ivs: [UInt8]

    /// Takes a content key, its encrypted form, and initialization vectors one after the other.
    package init(_ key: SecretBytes, encryptedKey: [UInt8], ivs: [UInt8]) {
        self.key = key
        self.encryptedKey = encryptedKey
        self.ivs = ivs
    }

    /// The key and vectors, which must be of the sizes that a message asks for.
    func contentKey(
        _ encryption: ContentEncryptionAlgorithm,
        ivCount: Int
    ) throws -> (key: JWEContentKey, ivs: [UInt8]) {
        guard key.count == encryption.keyByteCount, ivs.count == ivCount * AESGCM.ivByteCount else {
            throw KMError(.invalidSize, "\(key.count) bytes of content key and \(ivs.count) of vectors are given")
        }
        return (try JWEContentKey(insecureGiven: key, encryption, encryptedKey: encryptedKey), ivs)
    }
}
