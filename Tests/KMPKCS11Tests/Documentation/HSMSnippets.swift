#if PKCS11
import KMPKCS11
import KMSecurity

/// The Swift blocks of HSMKeys.md, exact but for their indentation.
enum HSMSnippets {
    static func use(path: String, passphrases: KeyringPassphrases) async throws -> FileKeyring {
        let privateKeys = PKCS11PrivateKeys()
        let keyring = try FileKeyring(path: path, passphrases: passphrases, privateKeys: privateKeys)
        try await privateKeys.connect()
        return keyring
    }

    static func otherKeys(
        _ token: PKCS11Token,
        accessKey: AccessKey,
        aspID: AspID,
        keyring: any KeyringSource
    ) async throws -> (ClientSecurity, ExternalPARTokenizer) {
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: SecretKey(elsewhere: try await token.hmacKey(PKCS11URI("pkcs11:object=secret-key"))),
            keyring: keyring
        )
        let tokenizationKey = try await ExternalTokenizationKey(token.hmacKey(PKCS11URI("pkcs11:object=tokenization")))
        let tokenizer = try ExternalPARTokenizer(tokenizationKey)
        return (client, tokenizer)
    }
}
#endif
