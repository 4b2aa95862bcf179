package import KMPrimitives

/// A receiver of generated messages: a public key and its id.
package protocol RSARecipient: Sendable {
    /// The crypto key id.
    var id: String { get }

    /// Returns the RSAEP operation of the public key.
    func exponentiation() throws -> PublicExponentiation
}

/// The public key of a receiver outside the vectors, such as a server under test.
package struct PublicKeyRecipient: RSARecipient {
    /// The crypto key id.
    package let id: String
    private let key: RSAPublicKey

    /// Creates a recipient.
    package init(id: String, key: RSAPublicKey) {
        (self.id, self.key) = (id, key)
    }

    /// Returns the RSAEP operation of the public key.
    package func exponentiation() throws -> PublicExponentiation {
        PublicExponentiation(modulus: try key.modulus())
    }
}
