import Foundation
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// The bytes of a keyring file: what comes back, and what no longer opens.
@Suite struct KeyringFileTests {
    private static let passphrase = Result { try SecretBytes("correct horse") }
    /// Enough for a test; a file that a user makes costs 128 times as much.
    static let cheap: ScryptCost = {
        guard let cost = try? ScryptCost(n: 1024, r: 8, p: 1) else { preconditionFailure("the cost is in its range") }
        return cost
    }()
    static let date = Date(timeIntervalSince1970: 1_795_000_000)
    static let protection = Result { try KeyringProtection([passphrase.get()], cost: cheap) }

    static func id(_ digit: String) throws -> CryptoKeyID { try CryptoKeyID(String(repeating: digit, count: 32)) }

    static func certificate(_ key: RSAPrivateKey) throws -> Certificate {
        try Certificate.selfSigned(
            key,
            commonName: "peer",
            validity: date.addingTimeInterval(-9)...date.addingTimeInterval(1e8)
        )
    }

    /// Returns a provider's file with one key in use and one added.
    static func file() throws -> KeyringFile {
        var file = try KeyringFile(role: .provider, nodes: ["a", "b"])
        let certificate = try certificate(TestKeys.second())
        _ = try file.add(
            id("1"),
            certificate: certificate,
            privateKey: .sealed(TestKeys.first()),
            issuedAt: date,
            at: date
        )
        _ = try file.promote(id("1"), at: date)
        _ = try file.add(
            id("2"),
            certificate: certificate,
            privateKey: .sealed(TestKeys.third()),
            issuedAt: date.addingTimeInterval(60),
            at: date.addingTimeInterval(61)
        )
        return file
    }

    private func open(_ bytes: [UInt8]) throws -> KeyringDocument {
        try KeyringDocument(bytes, known: Self.protection.get()) { [try Self.passphrase.get()] }
    }

    /// A source that has one key.
    private struct Source: PrivateKeySource {
        func privateKey(at uri: String) throws -> any ContentKeyUnwrapper {
            guard uri == "pkcs11:object=own" else { throw KMError(.keyUnknown) }
            return try TestKeys.first()
        }
    }

    @Test func aURINamesAPrivateKeyElsewhere() throws {
        var file = try KeyringFile(role: .platform, nodes: [])
        let uri = KeyringFile.PrivateKey.uri("pkcs11:object=own")
        _ = try file.add(Self.id("1"), certificate: nil, privateKey: uri, issuedAt: Self.date, at: Self.date)
        let bytes = try KeyringDocument(file, Self.protection.get()).encoded()
        let read = try KeyringDocument(bytes) { [try Self.passphrase.get()] }.file
        let load: (String) throws -> RSAPrivateKey = { _ in throw KMError(.fileUnreadable) }
        #expect(throws: KMError(.privateKeyElsewhere)) { try read.keyring(load) }
        let ring = try read.keyring(from: Source(), load)
        #expect(ring.keys.first?.decryptionKey is RSAPrivateKey)
        // A key that is not used is not looked for.
        _ = try file.compromise(Self.id("1"), allowsNoPrimary: false, at: Self.date)
        #expect(try file.keyring(load).keys.map(\.state) == [.discarded])
        let texts = [
            "", "object=own", "pkcs11", "pkcs11:a b", "pkcs11:\u{E9}", "pkcs11:object=own?pin-value=1234",
            "pkcs11:" + String(repeating: "x", count: 4096),
        ]
        for text in texts {
            var other = try KeyringFile(role: .platform, nodes: [])
            #expect(throws: KMError(.keyringFileInvalid), "\(text)") {
                _ = try other.add(
                    Self.id("1"),
                    certificate: nil,
                    privateKey: .uri(text),
                    issuedAt: Self.date,
                    at: Self.date
                )
            }
        }
    }

    @Test func everythingComesBack() throws {
        let file = try Self.file()
        let bytes = try KeyringDocument(file, Self.protection.get()).encoded()
        let document = try KeyringDocument(bytes) { [try Self.passphrase.get()] }
        let read = document.file
        #expect(read.description == file.description)
        #expect(read.generation == 4 && read.nodes == ["a", "b"] && read.role == .provider)
        #expect(read.keys.map(\.issuedAt) == file.keys.map(\.issuedAt))
        #expect(read.keys.map(\.changedAt) == file.keys.map(\.changedAt))
        #expect(read.keys.map { $0.certificate?.fingerprint } == file.keys.map { $0.certificate?.fingerprint })
        let ring = try read.keyring { _ in throw KMError(.fileUnreadable) }
        #expect(ring.primaryID == (try Self.id("1")))
        #expect(ring.keys.map(\.state) == [.active, .inactive])
        // A request of this provider opens with the platform's key, and the answer with the provider's own.
        let platform = try CryptoKeyring(
            [
                CryptoKey(
                    id: Self.id("1"),
                    encryptionKey: TestKeys.first().publicKey,
                    decryptionKey: TestKeys.second()
                )
            ],
            primary: nil
        )
        let (own, other) = (try ParameterCipher(keyring: ring), try ParameterCipher(keyring: platform))
        let sealed = try own.seal("{}".bytes, .message, under: Self.id("1"), at: Self.date)
        let request = try other.open(sealed, .message, under: Self.id("1"))
        #expect(request == "{}".bytes)
        let answer = try other.seal("[1]".bytes, .message, under: Self.id("1"), at: Self.date)
        let opened = try own.open(answer, .message, under: Self.id("1"))
        #expect(opened == "[1]".bytes)
    }

    @Test func noSecretIsReadableInTheFile() throws {
        let bytes = try KeyringDocument(Self.file(), Self.protection.get()).encoded()
        for key in [try TestKeys.first(), try TestKeys.third()] {
            let der = try key.insecurePKCS8DER().exposed
            // The private exponent and the primes lie in the second half.
            let piece = der[(der.count / 2)..<(der.count / 2 + 24)]
            #expect(bytes.firstRange(of: piece) == nil)
            #expect(bytes.firstRange(of: Array(Data(piece).base64EncodedString().utf8.prefix(24))) == nil)
        }
    }

    @Test func anyChangedByteIsNoticed() throws {
        let bytes = try KeyringDocument(Self.file(), Self.protection.get()).encoded()
        let step = Effort.isThorough ? 1 : 37
        for index in stride(from: 0, to: bytes.count, by: step) {
            var changed = bytes
            changed[index] ^= 1
            // White space between the three members is the only thing that may change.
            guard let document = try? open(changed) else { continue }
            #expect(document.file.description == (try Self.file().description), "byte \(index)")
            #expect(UInt8(ascii: " ") ^ 1 == changed[index] || bytes[index] == UInt8(ascii: "\n"), "byte \(index)")
        }
        for count in stride(from: 0, to: bytes.count - 1, by: step) {
            #expect(throws: KMError.self) { try open(Array(bytes[..<count])) }
        }
    }

    @Test func changedMetadataReadsAsAWrongPassphrase() throws {
        let text = String(decoding: try KeyringDocument(Self.file(), Self.protection.get()).encoded(), as: UTF8.self)
        for (old, new) in [
            ("pre-activation", "active"), ("\"generation\": 4", "\"generation\": 5"),
            ("\"nodes\": [\"a\", ", "\"nodes\": ["),
            ("\"primary\": \"1", "\"primary\": \"2"),
        ] {
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            #expect(rejection { try open(changed.bytes) } == .passphraseWrong, "\(new)")
        }
    }

    @Test func passphrasesAreNeeded() throws {
        let one = try KeyringDocument(Self.file(), Self.protection.get()).encoded()
        #expect(rejection { try KeyringDocument(one) { [try SecretBytes("wrong")] } } == .passphraseWrong)
        #expect(rejection { try KeyringDocument(one) { [] } } == .passphraseRequired)
        let (a, b) = (try SecretBytes("first custodian"), try SecretBytes("second custodian"))
        let two = try KeyringDocument(Self.file(), KeyringProtection([a, b], cost: Self.cheap)).encoded()
        #expect(try KeyringDocument(two) { [a, b] }.file.generation == 4)
        #expect(rejection { try KeyringDocument(two) { [a] } } == .passphraseRequired)
        #expect(rejection { try KeyringDocument(two) { [b, a] } } == .passphraseWrong)
        #expect(rejection { try KeyringDocument(two) { [a, a] } } == .invalidSize)
        #expect(rejection { try KeyringProtection([a, b, a]) } == .invalidSize)
    }

    /// A file must not make its reader work for hours.
    @Test(arguments: ["\"n\": 1099511627776", "\"n\": 0", "\"n\": -1024", "\"n\": 131073", "\"n\": 16777216"])
    func costsAreBounded(_ cost: String) throws {
        let text = String(decoding: try KeyringDocument(Self.file(), Self.protection.get()).encoded(), as: UTF8.self)
        let changed = text.replacing("\"n\": 1024", with: cost)
        #expect(changed != text)
        #expect(rejection { try open(changed.bytes) } == .limitExceeded)
    }

    @Test func theSchemaIsStrict() throws {
        let text = String(decoding: try KeyringDocument(Self.file(), Self.protection.get()).encoded(), as: UTF8.self)
        for (old, new) in [
            ("\"version\": 1", "\"version\": 2"), ("\"version\": 1,", "\"version\": 1, \"version\": 1,"),
            ("\"version\": 1,", ""), ("\"role\": \"provider\"", "\"role\": \"other\""),
            ("\"role\": \"provider\"", "\"role\": \"provider\", \"extra\": 1"),
            ("\"state\": \"active\"", "\"state\": \"Active\""),
            ("\"generation\": 4", "\"generation\": 4.0"), ("\"salts\": [", "\"salts\": [\"AA\", "),
            ("\"privateKey\": \"sealed\"", "\"privateKey\": \"\""),
            ("\"sealed\": \"", "\"sealed\": \"="), ("Z\"", "+00:00\""),
        ] {
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            #expect(changed != text, "\(old)")
            #expect(rejection { try open(changed.bytes) } == .keyringFileInvalid, "\(new)")
        }
        #expect(rejection { try open("[]".bytes) } == .keyringFileInvalid)
        #expect(rejection { try open([]) } == .malformedJSON)
    }
}
