#if Hummingbird && AsyncHTTPClient
import Foundation
import KMSecurity
import NIOSSL

/// The keys and credentials of the example, in files of a directory.
///
/// In production each end has only its own files, and the keys are in a keyring file: see the article "Rotating keys".
struct ExampleFiles {
    private static let accessKey = "0123456789abcdef0123456789abcdef01234567"

    let directory: String

    var credentials: String { path("credentials.json") }

    /// Makes new keys, credentials and a certificate for TLS.
    static func make(in directory: String) throws -> ExampleFiles {
        let files = ExampleFiles(directory: directory)
        let keyID = try files.makeKeys("")
        let otherID = try files.makeKeys("other-")
        try files.makeTLSCertificate()
        // As text: the access key's secret key is UTF-8, and JSON carries it unchanged.
        let secret = try SecretBytes(randomCount: 32).withBytes { bytes in
            Data(bytes.indices.map { bytes[$0] }).base64EncodedString()
        }
        try files.write(Array(secret.utf8), "shop.secret")
        let credentials = """
            {"version": 1, "credentials": [{
              "name": "shop", "accessKey": "\(accessKey)", "aspId": "000170000000000",
              "secretFile": "shop.secret", "cryptoKeyIds": ["\(keyID)", "\(otherID)"]
            }]}
            """
        try files.write(Array(credentials.utf8), "credentials.json")
        try files.writeClientFile()
        return files
    }

    /// Writes what a client needs as one JSON file, which `kmsandbox conform` and `kmsandbox send` read.
    private func writeClientFile() throws {
        struct Key: Encodable {
            let cryptoKeyId, serverCertificate, clientPrivateKey: String
        }
        struct File: Encodable {
            let aspId, accessKey, secretKey, timeZone: String
            let cryptoKeyId, serverCertificate, clientPrivateKey: String
            let otherKey: Key
        }
        func key(_ prefix: String) throws -> Key {
            Key(
                cryptoKeyId: try text("\(prefix)key-id"),
                serverCertificate: try text("\(prefix)server.cert.pem"),
                clientPrivateKey: try text("\(prefix)client.private.pem")
            )
        }
        let first = try key("")
        let file = File(
            aspId: "000170000000000",
            accessKey: Self.accessKey,
            secretKey: try text("shop.secret"),
            timeZone: "KST",
            cryptoKeyId: first.cryptoKeyId,
            serverCertificate: first.serverCertificate,
            clientPrivateKey: first.clientPrivateKey,
            otherKey: try key("other-")
        )
        try write(Array(try JSONEncoder().encode(file)), "client.json")
    }

    /// Makes the key pairs of both ends, and returns the id that names them.
    private func makeKeys(_ prefix: String) throws -> CryptoKeyID {
        let id = try CryptoKeyID.random()
        for name in ["\(prefix)server", "\(prefix)client"] {
            let key = try RSAPrivateKey.generate()
            let certificate = try Certificate.selfSigned(
                key,
                commonName: id.text,
                validity: Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(86_400)
            )
            try key.insecurePKCS8PEM().write(toNewFile: path("\(name).private.pem"))
            try write(certificate.pemRepresentation(), "\(name).cert.pem")
        }
        try write(Array(id.text.utf8), "\(prefix)key-id")
        return id
    }

    /// Makes the TLS certificate, which is separate from the certificates that encrypt parameters.
    private func makeTLSCertificate() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", path("tls.private.pem"), "-out",
            path("tls.cert.pem"),
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw KMError(.init("exampleFailed"), "the openssl command must be installed: apt-get install openssl")
        }
    }

    func accessKey() throws -> AccessKey { try AccessKey(Self.accessKey) }

    func secretKey() throws -> SecretKey { try SecretKey(SecretBytes(contentsOfFile: path("shop.secret"))) }

    func serverKeyring() throws -> CryptoKeyring {
        try CryptoKeyring(
            [
                key("", certificate: "client", privateKey: "server"),
                key("other-", certificate: "client", privateKey: "server"),
            ],
            primary: nil
        )
    }

    func clientKeyring() throws -> CryptoKeyring {
        try CryptoKeyring(primary: key("", certificate: "server", privateKey: "client"))
    }

    func serverTLS() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(path("tls.cert.pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: path("tls.private.pem"), format: .pem))
        )
    }

    func clientTLS() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(path("tls.cert.pem"))
        return configuration
    }

    private func key(_ prefix: String, certificate: String, privateKey: String) throws -> CryptoKey {
        CryptoKey(
            id: try CryptoKeyID(text("\(prefix)key-id")),
            certificate: try Certificate(contentsOfFile: path("\(prefix)\(certificate).cert.pem")),
            decryptionKey: try RSAPrivateKey(contentsOfFile: path("\(prefix)\(privateKey).private.pem"))
        )
    }

    private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    private func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }
}

#endif
