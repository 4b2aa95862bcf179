import KMTestSupport

/// A key pair, and keys of other kinds, in every format that the `openssl` command writes.
///
/// They are generated in every run. The passphrase of encrypted files is `secret`, unless the name says otherwise.
struct KeyFiles: Sendable {
    private static let made = Result { try KeyFiles() }

    private let contents: [String: [UInt8]]

    /// Returns the bytes of the file with this name.
    static subscript(name: String) -> [UInt8] {
        get throws {
            guard let bytes = try made.get().contents[name] else { throw OpenSSLCommand.Failure.noFile(name) }
            return bytes
        }
    }

    private init() throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        var names: [String] = []
        func make(_ name: String, _ line: String) throws {
            try openssl("\(line) -out \(name)")
            names.append(name)
        }
        try make("pkcs8.pem", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")
        try Self.makePlain(make)
        try Self.makeEncrypted(make)
        try Self.makePKCS12(make)
        try Self.makeOtherKinds(make)
        contents = try Dictionary(uniqueKeysWithValues: names.map { ($0, try openssl.read($0)) })
    }

    private typealias Make = (_ name: String, _ line: String) throws -> Void

    private static func makePlain(_ make: Make) throws {
        try make("pkcs8.der", "pkcs8 -topk8 -nocrypt -in pkcs8.pem -outform DER")
        try make("pkcs1.pem", "rsa -traditional -in pkcs8.pem")
        try make("pkcs1.der", "rsa -traditional -in pkcs8.pem -outform DER")
        try make("spki.pem", "rsa -in pkcs8.pem -pubout")
        try make("spki.der", "rsa -in pkcs8.pem -pubout -outform DER")
        try make("pkcs1-public.pem", "rsa -in pkcs8.pem -RSAPublicKey_out")
        try make("pkcs1-public.der", "rsa -in pkcs8.pem -RSAPublicKey_out -outform DER")
        try make("certificate.pem", "req -x509 -new -key pkcs8.pem -days 30 -sha256 -subj /O=Example/CN=key-1")
        try make("certificate.der", "x509 -in certificate.pem -outform DER")
        try make("trusted.pem", "x509 -in certificate.pem -trustout -setalias alias")
    }

    private static func makeEncrypted(_ make: Make) throws {
        let secret = "-passout pass:secret"
        try make("pkcs8-aes.pem", "pkcs8 -topk8 -in pkcs8.pem -v2 aes-256-cbc \(secret)")
        try make("pkcs8-aes.der", "pkcs8 -topk8 -in pkcs8.pem -v2 aes-256-cbc -outform DER \(secret)")
        try make("pkcs8-scrypt.pem", "pkcs8 -topk8 -in pkcs8.pem -scrypt \(secret)")
        try make("pkcs8-3des.pem", "pkcs8 -topk8 -in pkcs8.pem -v1 PBE-SHA1-3DES \(secret)")
        try make("pkcs8-empty.pem", "pkcs8 -topk8 -in pkcs8.pem -v2 aes-256-cbc -passout pass:")
        try make("pkcs1-aes.pem", "rsa -traditional -in pkcs8.pem -aes256 \(secret)")
        try make("pkcs1-3des.pem", "rsa -traditional -in pkcs8.pem -des3 \(secret)")
        let legacy = "-provider legacy -provider default"
        try make("pkcs8-des.pem", "pkcs8 -topk8 -in pkcs8.pem -v1 PBE-MD5-DES \(legacy) \(secret)")
        try make("pkcs8-rc2.pem", "pkcs8 -topk8 -in pkcs8.pem -v1 PBE-SHA1-RC2-40 \(legacy) \(secret)")
        try make("pkcs8-rc2.der", "pkcs8 -topk8 -in pkcs8.pem -v1 PBE-SHA1-RC2-40 -outform DER \(legacy) \(secret)")
        try make("pkcs1-des.pem", "rsa -traditional -in pkcs8.pem -des \(legacy) \(secret)")
    }

    private static func makePKCS12(_ make: Make) throws {
        let export = "pkcs12 -export -inkey pkcs8.pem -in certificate.pem"
        let secret = "-passout pass:secret"
        try make("modern.p12", "\(export) \(secret)")
        try make("legacy.p12", "\(export) -legacy \(secret)")
        try make("legacy-rc2-key.p12", "\(export) -legacy -keypbe PBE-SHA1-RC2-40 \(secret)")
        try make("no-mac.p12", "\(export) -nomac \(secret)")
        try make("empty.p12", "\(export) -passout pass:")
        try make("plain.p12", "\(export) -keypbe NONE -certpbe NONE -nomac -passout pass:")
        try make("plain-mac.p12", "\(export) -keypbe NONE -certpbe NONE \(secret)")
        try make("certificate-only.p12", "pkcs12 -export -nokeys -in certificate.pem \(secret)")
    }

    private static func makeOtherKinds(_ make: Make) throws {
        try make(
            "three-primes.pem",
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3"
        )
        try make("ec.pem", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256")
        try make("ec-sec1.pem", "ec -in ec.pem")
        try make("ed25519.pem", "genpkey -algorithm ED25519")
        try make("pss.pem", "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048")
        try make("rsa-1024.pem", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024")
        for kind in ["ec", "ed25519", "pss", "rsa-1024"] {
            try make("\(kind).der", "pkcs8 -topk8 -nocrypt -in \(kind).pem -outform DER")
            try make("\(kind)-public.pem", "pkey -in \(kind).pem -pubout")
            try make("\(kind)-public.der", "pkey -in \(kind).pem -pubout -outform DER")
            try make("\(kind)-certificate.pem", "req -x509 -new -key \(kind).pem -days 30 -subj /CN=another")
            try make(
                "\(kind).p12",
                "pkcs12 -export -inkey \(kind).pem -in \(kind)-certificate.pem -passout pass:secret"
            )
        }
    }
}

extension OpenSSLCommand.Failure {
    static func noFile(_ name: String) -> Self { Self(description: "no file \(name)") }
}
