import KMPrimitives
import KMTestSupport
import Testing

/// Keys that OpenSSL would need seconds to minutes to decode are rejected before OpenSSL decodes them.
///
/// Each key is within the size limit, and is tried in every container format.
@Suite struct KeyWorkTests {
    private enum Identifier {
        static let rsa = DER.identifier("1.2.840.113549.1.1.1")
        static let dsa = DER.identifier("1.2.840.10040.4.1")
        static let dh = DER.identifier("1.2.840.10046.2.1")
        static let dhOfPKCS3 = DER.identifier("1.2.840.113549.1.3.1")
        static let ec = DER.identifier("1.2.840.10045.2.1")
        static let primeField = DER.identifier("1.2.840.10045.1.1")
        static let pbes2 = DER.identifier("1.2.840.113549.1.5.13")
        static let pbkdf2 = DER.identifier("1.2.840.113549.1.5.12")
        static let hmacWithSHA256 = DER.identifier("1.2.840.113549.2.9")
        static let aes256CBC = DER.identifier("2.16.840.1.101.3.4.1.42")
        static let data = DER.identifier("1.2.840.113549.1.7.1")
        static let signedData = DER.identifier("1.2.840.113549.1.7.2")
        static let keyBag = DER.identifier("1.2.840.113549.1.12.10.1.1")
        static let sha256WithRSA = DER.identifier("1.2.840.113549.1.1.11")
    }

    /// A key's algorithm, its private part in the form of PKCS#8, and its public part in that of SubjectPublicKeyInfo.
    struct Key: CustomTestStringConvertible {
        let testDescription: String
        let algorithm: [UInt8]
        let privatePart: [UInt8]
        let publicPart: [UInt8]
        var code = KMError.Code.unsupportedKey
    }

    /// Returns an odd number of `count` bytes.
    private static func number(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(count))
        var bytes = generator.bytes(count)
        bytes[0] |= 0x80
        bytes[count - 1] |= 1
        return bytes
    }

    private static func integers(_ counts: Int...) -> [UInt8] { counts.flatMap { DER.integer(number($0)) } }

    /// Returns an RSA key; `counts` are the numbers of bytes of n, e, d, p, q, dp, dq and qi.
    private static func rsa(_ name: String, _ counts: [Int], others: [UInt8]? = nil, code: KMError.Code) -> Key {
        let integers = counts.map { DER.integer(number($0)) }
        return Key(
            testDescription: name,
            algorithm: DER.sequence(Identifier.rsa, DER.null),
            privatePart: DER.sequence(
                DER.integer(others == nil ? 0 : 1),
                Array(integers.joined()),
                others.map { DER.sequence($0) } ?? []
            ),
            publicPart: DER.sequence(integers[0], integers[1]),
            code: code
        )
    }

    static let keys: [Key] = {
        let discreteLogarithm = [
            (Identifier.dsa, "DSA", integers(5000, 32, 4999)), (Identifier.dh, "DH", integers(5000, 4999, 32)),
            (Identifier.dhOfPKCS3, "DH of PKCS #3", integers(5000, 4999)),
        ].map { identifier, name, parameters in
            Key(
                testDescription: name,
                algorithm: DER.sequence(identifier, DER.sequence(parameters)),
                privatePart: integers(4998),
                publicPart: integers(4997)
            )
        }
        let curve = DER.sequence(
            DER.integer(1),
            DER.sequence(Identifier.primeField, integers(82)),
            DER.sequence(DER.octets(number(81)), DER.octets(number(80))),
            DER.octets([4] + number(82) + number(82)),
            integers(82)
        )
        let third = DER.sequence(integers(6000, 6000, 6000))
        return discreteLogarithm + [
            Key(
                testDescription: "EC with a curve of its own",
                algorithm: DER.sequence(Identifier.ec, curve),
                privatePart: DER.sequence(DER.integer(1), DER.octets(number(82))),
                publicPart: [4] + number(82) + number(82)
            ),
            rsa("large modulus", [20_000, 3, 20_000, 1000, 1000, 1000, 1000, 1000], code: .unsupportedKey),
            rsa("large exponent", [1024, 1024, 1024, 512, 512, 512, 512, 512], code: .malformedKey),
            rsa("larger exponent", [1024, 20_000, 1024, 512, 512, 512, 512, 512], code: .malformedKey),
            rsa("large secrets", [256, 3, 6000, 6000, 6000, 6000, 6000, 6000], code: .malformedKey),
            rsa("three primes", [256, 3, 256, 6000, 6000, 6000, 6000, 10], others: third, code: .unsupportedKey),
        ]
    }()

    private func pkcs8(_ key: Key) -> [UInt8] {
        DER.sequence(DER.integer(0), key.algorithm, DER.octets(key.privatePart))
    }

    private func spki(_ key: Key) -> [UInt8] { DER.sequence(key.algorithm, DER.bits(key.publicPart)) }

    private func certificate(_ key: Key) -> [UInt8] {
        let signature = DER.sequence(Identifier.sha256WithRSA, DER.null)
        let times = [1, 2].flatMap { DER.element(0x17, "2\($0)0101000000Z".bytes) }
        let body = DER.sequence(
            DER.integer(1),
            signature,
            DER.sequence([]),
            DER.sequence(times),
            DER.sequence([]),
            spki(key)
        )
        return DER.sequence(body, signature, DER.bits([UInt8](repeating: 0, count: 256)))
    }

    private func pkcs12(_ safe: [UInt8]) -> [UInt8] {
        let safes = DER.sequence(Identifier.data, DER.element(0xA0, DER.octets(DER.sequence(safe))))
        return DER.sequence(DER.integer(3), safes)
    }

    private func pkcs12(_ key: Key) -> [UInt8] {
        let bags = DER.sequence(DER.sequence(Identifier.keyBag, DER.element(0xA0, pkcs8(key))))
        return pkcs12(DER.sequence(Identifier.data, DER.element(0xA0, DER.octets(bags))))
    }

    /// Returns PKCS#8 that the `openssl` command encrypted under the passphrase `secret`, without parsing it.
    private func encrypted(_ key: Key) throws -> [UInt8] {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(pkcs8(key), to: "plain")
        let derived = try openssl(
            "kdf -binary -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:secret -kdfopt salt:saltsalt -kdfopt iter:1000 PBKDF2"
        )
        let digits = derived.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let iv = [UInt8](repeating: 7, count: 16)
        let ciphertext = try openssl(
            "enc -aes-256-cbc -K \(digits) -iv \(String(repeating: "07", count: 16)) -in plain"
        )
        let hash = DER.sequence(Identifier.hmacWithSHA256, DER.null)
        let function = DER.sequence(
            Identifier.pbkdf2,
            DER.sequence(DER.octets("saltsalt".bytes), DER.integer(1000), hash)
        )
        let cipher = DER.sequence(Identifier.aes256CBC, DER.octets(iv))
        let algorithm = DER.sequence(Identifier.pbes2, DER.sequence(function, cipher))
        return DER.sequence(algorithm, DER.octets(ciphertext))
    }

    private func pem(_ der: [UInt8], _ label: String) throws -> [UInt8] {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(der, to: "der")
        return "-----BEGIN \(label)-----\n".bytes + (try openssl("base64 -in der")) + "-----END \(label)-----\n".bytes
    }

    /// Returns the code that `body` throws, and expects it to use less than half a second of processor time.
    private func code<Result>(_ body: () throws -> Result) -> KMError.Code? {
        let before = CPUTime.ofThisThread
        let code = rejection(body)
        let seconds = CPUTime.ofThisThread - before
        #expect(seconds < 0.5)
        return code
    }

    @Test(arguments: keys)
    func expensivePrivateKeysAreRejectedQuickly(key: Key) throws {
        let passphrase = try SecretBytes("secret")
        let files = try [
            pkcs8(key), pkcs12(key), encrypted(key), pem(pkcs8(key), "PRIVATE KEY"),
            pem(encrypted(key), "ENCRYPTED PRIVATE KEY"),
        ]
        for (index, file) in files.enumerated() {
            #expect(file.count <= 65_536)
            #expect(code { try RSAPrivateKey(parsing: file, passphrase: passphrase) } == key.code, "\(index)")
            let asPublic = code { try RSAPublicKey(parsing: file) }
            #expect(asPublic == (index == 1 ? .malformedKey : .wrongKeyKind), "\(index)")
        }
        if key.algorithm == DER.sequence(Identifier.rsa, DER.null) {
            #expect(code { try RSAPrivateKey(parsing: key.privatePart) } == key.code)
        }
    }

    /// Keys with faults in the secret integers are left out, because a public key has no secret integers.
    @Test(arguments: keys.filter { !["large secrets", "three primes"].contains($0.testDescription) })
    func expensivePublicKeysAreRejectedQuickly(key: Key) throws {
        for file in [
            spki(key), certificate(key), try pem(spki(key), "PUBLIC KEY"), try pem(certificate(key), "CERTIFICATE"),
        ] {
            #expect(code { try RSAPublicKey(parsing: file) } == key.code)
            #expect(code { try RSAPrivateKey(parsing: file) } == .wrongKeyKind)
        }
        #expect(code { try Certificate(parsing: certificate(key)) } == key.code)
    }

    /// A PKCS#12 file can hold certificates in the wrong place; their keys are not decoded.
    @Test func certificatesInsteadOfSafesAreNotDecoded() throws {
        let key = try #require(Self.keys.first { $0.testDescription.hasPrefix("EC") })
        let certificates = DER.element(0xA0, Array([[UInt8]](repeating: certificate(key), count: 60).joined()))
        let signed = DER.sequence(
            DER.integer(1),
            DER.element(0x31, []),
            DER.sequence(Identifier.data),
            certificates,
            DER.element(0x31, [])
        )
        let content = DER.sequence(Identifier.signedData, DER.element(0xA0, signed))
        for file in [pkcs12(content), DER.sequence(DER.integer(3), content)] {
            #expect(code { try RSAPrivateKey(parsing: file) } == .malformedKey)
        }
    }

    /// The key that takes the most work to check: the longest modulus, a long public exponent and no primes.
    @Test func theLongestKeyIsCheckedQuickly() throws {
        let secrets = [try SecretBytes(copying: Self.number(1023))]
        let rejected = code {
            try RSAPrivateKey(modulus: Self.number(1024), publicExponent: Self.number(8), secrets: secrets)
        }
        #expect(rejected == .malformedKey)
    }
}
