import KMPrimitives
import KMTestSupport
import Testing

@Suite struct PublicKeyFormatTests {
    static let formats = [
        "spki.pem", "spki.der", "pkcs1-public.pem", "pkcs1-public.der", "certificate.pem", "certificate.der",
        "trusted.pem",
    ]

    @Test(arguments: formats)
    func everyFormatGivesTheSameKey(name: String) throws {
        let key = try RSAPublicKey(parsing: KeyFiles[name])
        #expect(try key == RSAPrivateKey(parsing: KeyFiles["pkcs8.pem"]).publicKey)
        #expect(key.bitCount == 2048)
        #expect(key.byteCount == 256)
        #expect(try key.publicExponent() == [1, 0, 1])
    }

    @Test(arguments: formats)
    func thePrivateKeyDecryptsWhatThePublicKeyEncrypts(name: String) throws {
        let ciphertext = try RSAPublicKey(parsing: KeyFiles[name]).encryptOAEP([1, 2, 3])
        #expect(try RSAPrivateKey(parsing: KeyFiles["pkcs8.pem"]).decryptOAEP(ciphertext).exposed == [1, 2, 3])
    }

    @Test(arguments: formats.filter { $0.hasSuffix(".pem") })
    func textAroundPEMIsIgnored(name: String) throws {
        let pem = try KeyFiles[name]
        let key = try RSAPublicKey(parsing: pem)
        // A text that begins with the digit 0 has the first byte of DER, 0x30.
        for before in ["a key\nof the platform\n", "000170000000000's key\n", "\n\n", "0\n", "-----NOTE-----\n"] {
            #expect(try RSAPublicKey(parsing: before.bytes + pem + "and more\n".bytes) == key, "\(before)")
        }
    }

    @Test(arguments: formats.filter { $0.hasSuffix(".pem") })
    func carriageReturnsAndAMissingLastLineEndingAreAccepted(name: String) throws {
        let pem = try KeyFiles[name]
        let withCarriageReturns = pem.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        let withoutLastLineEnd = Array(pem.dropLast())
        #expect(try RSAPublicKey(parsing: withCarriageReturns) == RSAPublicKey(parsing: pem))
        #expect(try RSAPublicKey(parsing: withoutLastLineEnd) == RSAPublicKey(parsing: pem))
    }

    @Test(arguments: formats.filter { $0.hasSuffix(".der") })
    func bytesAfterDERAreRejected(name: String) throws {
        let der = try KeyFiles[name]
        for tail: [UInt8] in [[0], [0x0A], [0x30, 0], der] {
            #expect(rejection { try RSAPublicKey(parsing: der + tail) } == .malformedKey, "\(tail.count)")
        }
    }

    @Test(arguments: [
        "pkcs8.pem", "pkcs8.der", "pkcs1.pem", "pkcs1.der", "pkcs8-aes.pem", "pkcs8-aes.der", "pkcs1-aes.pem", "ec.pem",
        "ec.der", "ed25519.der",
    ])
    func privateKeysAreRejected(name: String) throws {
        #expect(rejection { try RSAPublicKey(parsing: KeyFiles[name]) } == .wrongKeyKind)
    }

    @Test(arguments: ["ec", "ed25519", "pss", "rsa-1024"])
    func otherAlgorithmsAndSizesAreRejected(kind: String) throws {
        for name in ["\(kind)-public.pem", "\(kind)-public.der", "\(kind)-certificate.pem"] {
            #expect(rejection { try RSAPublicKey(parsing: KeyFiles[name]) } == .unsupportedKey, "\(name)")
        }
    }

    @Test func theFirstKeyOfABundleIsUsed() throws {
        let (spki, other) = (try KeyFiles["spki.pem"], try TestKeys.first().publicKey.pemRepresentation())
        #expect(try RSAPublicKey(parsing: spki + other) == RSAPublicKey(parsing: spki))
        #expect(try RSAPublicKey(parsing: other + spki) == RSAPublicKey(parsing: other))
        let bundle = try KeyFiles["certificate.pem"] + KeyFiles["pkcs8.pem"]
        #expect(try RSAPublicKey(parsing: bundle) == RSAPublicKey(parsing: spki))
    }

    @Test func dataWithoutAKeyIsRejected() throws {
        let spki = String(decoding: try KeyFiles["spki.pem"], as: UTF8.self)
        let lines = spki.split(separator: "\n")
        let texts: [String] = [
            "", " ", "\n", "garbage", "0", "00", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "-----BEGIN -----\n-----END -----\n",
            spki.replacing("PUBLIC", with: "PUBLIK"), spki.replacing("END PUBLIC", with: "END RSA PUBLIC"),
            spki.replacing("PUBLIC KEY", with: "RSA PUBLIC KEY"), spki.replacing("PUBLIC KEY", with: "CERTIFICATE"),
            lines.dropLast().joined(separator: "\n"), lines.dropFirst().joined(separator: "\n"),
            spki.replacing("\n", with: ""), spki.replacing("A", with: "!"),
        ]
        for (index, text) in texts.enumerated() {
            #expect(rejection { try RSAPublicKey(parsing: text.bytes) } == .malformedKey, "\(index)")
        }
        for bytes: [UInt8] in [
            [0x30], [0x30, 0], [0x30, 0x80], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0], [0xFF, 0xFE],
        ] {
            #expect(rejection { try RSAPublicKey(parsing: bytes) } == .malformedKey, "\(bytes)")
        }
    }
}
