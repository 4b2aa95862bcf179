internal import KMJOSE
package import KMPrimitives

/// The source of a sender's content encryption keys (CEKs) and initialization vectors (IVs).
enum ContentKeySource: Sendable {
    /// A new CEK and new IVs for each message.
    case fresh
    /// CEKs that several messages share, with new IVs for each message.
    case cache(DataKeyCache)
    /// A given CEK and given IVs, for test vectors.
    case insecureGiven(InsecureGivenKey)
}

extension ParameterCipher {
    /// The data-key cache; nil if there is none.
    var cache: DataKeyCache? {
        guard case .cache(let cache) = contentKeys else { return nil }
        return cache
    }

    /// Returns this cipher with given values in place of all random ones, so that its bodies are predictable.
    ///
    /// Use it for test vectors only. If a CEK and an IV are used twice together, AES-GCM protects nothing.
    package func insecurelyUsing(_ given: InsecureGivenKey) -> ParameterCipher {
        var cipher = self
        cipher.contentKeys = .insecureGiven(given)
        return cipher
    }
}

/// Given values in place of those that a sender chooses at random for a message.
///
/// A class, so that it does not make the cipher larger.
package final class InsecureGivenKey: Sendable {
    private let key: SecretBytes
    private let encryptedKey: [UInt8]
    private let ivs: [UInt8]

    /// Creates given values from a CEK, the encrypted CEK, and the IVs one after the other.
    package init(_ key: SecretBytes, encryptedKey: [UInt8], ivs: [UInt8]) {
        self.key = key
        self.encryptedKey = encryptedKey
        self.ivs = ivs
    }

    /// Returns the CEK and the IVs.
    ///
    /// - Throws: ``KMError`` `invalidSize` if they do not have the sizes that the message needs.
    func contentKey(
        _ encryption: ContentEncryptionAlgorithm,
        ivCount: Int
    ) throws -> (key: JWEContentKey, givenIVs: [UInt8]?) {
        guard key.count == encryption.keyByteCount, ivs.count == ivCount * AESGCM.ivByteCount else {
            throw KMError(
                .invalidSize,
                "the message needs a CEK of \(encryption.keyByteCount) bytes and \(ivCount * AESGCM.ivByteCount) bytes "
                    + "of IVs; got \(key.count) and \(ivs.count)"
            )
        }
        return (try JWEContentKey(insecureGiven: key, encryption, encryptedKey: encryptedKey), ivs)
    }
}
