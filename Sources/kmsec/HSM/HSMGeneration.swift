import Foundation
import KMCommandLine
import KMSecurity

#if PKCS11
import KMPKCS11
#endif

/// The generation of a key pair in an HSM.
struct HSMGeneration {
    /// The URI of the token.
    let token: String
    /// The id, which becomes the label and the id of the key in the token.
    let id: CryptoKeyID
    let bitCount: Int
    let validity: ClosedRange<Date>

    /// A key pair in an HSM.
    struct Made {
        let uri: String
        let publicKey: RSAPublicKey
        let certificate: Certificate
    }

    /// Generates the key pair and its certificate.
    ///
    /// - Parameter options: The PIN.
    /// - Returns: The public parts, and the URI of the private key.
    /// - Throws: ``KMError`` of the module KMPKCS11.
    func run(_ options: HSMOptions) async throws -> Made {
        #if PKCS11
        let uri = try PKCS11URI(token)
        guard !uri.namesObject else {
            throw KMError(.hsmURIInvalid, "--in must name a token only, without object, id and type")
        }
        let opened = try await options.open(uri)
        do {
            let (key, certificate) = try await opened.generateKeyPair(
                label: id.text,
                id: Array(id.text.utf8),
                bitCount: bitCount,
                validity: validity
            )
            await opened.close()
            return Made(uri: uriOfKey, publicKey: key.publicKey, certificate: certificate)
        } catch {
            await opened.close()
            throw error
        }
        #else
        throw KMError.missing("PKCS#11", trait: "PKCS11")
        #endif
    }

    /// The URI of the token with the name of the key, whose characters need no encoding.
    private var uriOfKey: String {
        let parts = token.split(separator: "?", maxSplits: 1)
        let separator = parts[0].hasSuffix(":") ? "" : ";"
        let query = parts.count == 2 ? "?\(parts[1])" : ""
        return "\(parts[0])\(separator)object=\(id);type=private\(query)"
    }
}
