#if Hummingbird && AsyncHTTPClient
import Foundation
import KMSecurity
import NIOSSL

/// Keys of both ends, in a directory that both processes read.
struct LoadKeys {
    static let keyID = "0123456789abcdef0123456789abcdef"
    static let accessKey = "0123456789abcdef0123456789abcdef01234567"
    static let aspID = "000170000000000"

    let directory: String

    static func make(in directory: String) throws -> LoadKeys {
        let keys = LoadKeys(directory: directory)
        for name in ["server", "client"] {
            try RSAPrivateKey.generate().insecurePKCS8PEM().write(toNewFile: "\(directory)/\(name).pem")
        }
        try SecretBytes(randomCount: 32).write(toNewFile: "\(directory)/secret")
        let openSSL = Process()
        openSSL.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openSSL.arguments = """
            openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            -keyout \(directory)/tls.key.pem -out \(directory)/tls.cert.pem
            """.split(separator: " ").map(String.init)
        openSSL.standardError = FileHandle.nullDevice
        try openSSL.run()
        openSSL.waitUntilExit()
        return keys
    }

    func privateKey(_ name: String) throws -> RSAPrivateKey {
        try RSAPrivateKey(contentsOfFile: "\(directory)/\(name).pem")
    }

    private func key(_ own: String, _ peer: String) throws -> CryptoKey {
        try CryptoKey(
            id: CryptoKeyID(Self.keyID),
            encryptionKey: privateKey(peer).publicKey,
            decryptionKey: privateKey(own)
        )
    }

    func secretKey() throws -> SecretKey { try SecretKey(SecretBytes(contentsOfFile: "\(directory)/secret")) }

    func client() throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(AccessKey(Self.accessKey)),
            aspID: AspID(Self.aspID),
            secretKey: secretKey(),
            keyring: CryptoKeyring(primary: key("client", "server"))
        )
    }

    func server() throws -> ServerSecurity {
        let credential = Credential(
            secretKey: try secretKey(),
            aspID: try AspID(Self.aspID),
            cryptoKeyIDs: [try CryptoKeyID(Self.keyID)]
        )
        return try ServerSecurity(
            credentials: StaticCredentials([.accessKey(AccessKey(Self.accessKey)): [credential]]),
            keyring: CryptoKeyring([key("server", "client")], primary: nil),
            replayGuard: .inMemory(capacity: 10_000_000),
            configuration: .init(replayRetention: .seconds(3600))
        )
    }

    func serverTLS() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile("\(directory)/tls.cert.pem").map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(directory)/tls.key.pem", format: .pem))
        )
    }

    func clientTLS() -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file("\(directory)/tls.cert.pem")
        return configuration
    }
}
#endif
