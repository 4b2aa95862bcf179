import Foundation
import KMPARRegistry
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@Suite("Keys of the registry")
struct RegistryKeyTests {
    /// Computed with Python: `hmac.new(b"\x01" * 32, b"KMSecurity PLH 1" + bytes([0, 0, 0, 1]) + pan, "sha256")`.
    @Test("The hash of a PAN and the check values are as Python computes them")
    func vectors() throws {
        let key = try Fixture.lookupKey(1)
        let hash = try key.hash(of: PAN("9491339401250765"))
        #expect(hexadecimal(hash.bytes) == "c83082b40d9babf16e2c5052503e1ada80f32814df953f6bf46db83f21d0c9bf")
        #expect(key.name.keyCheckValue == "D5F93CA034")
        #expect(try Fixture.sealingKey(1).name.keyCheckValue == "40D088C54F")
    }

    @Test("A PAN of any length opens again, with the same key and the same PAR only")
    func sealing() throws {
        let key = try Fixture.sealingKey(1)
        let (par, other) = try (
            PAR("Q1" + String(repeating: "A", count: 25)), PAR("Q1" + String(repeating: "B", count: 25))
        )
        for text in ["000012000006", "000000000000000", "9491339401250765", "0000120000000000005"] {
            let pan = try #require(try? PAN(text), "\(text.count) digits")
            let sealed = try key.seal(pan, for: par)
            #expect(sealed.bytes.count == SealedPAN.byteCount)
            #expect(try key.open(sealed, for: par) == pan)
            #expect(throws: KMError(.authenticationFailed)) { try key.open(sealed, for: other) }
            #expect(throws: KMError(.authenticationFailed)) { try Fixture.sealingKey(2).open(sealed, for: par) }
            for place in sealed.bytes.indices {
                var bytes = sealed.bytes
                bytes[place] ^= 1
                let changed = try #require(SealedPAN(version: 1, bytes: bytes))
                #expect(throws: KMError(.authenticationFailed)) { try key.open(changed, for: par) }
            }
        }
    }

    @Test("A key file has 64 hexadecimal digits or the bytes of the key")
    func files() throws {
        let path = NSTemporaryDirectory() + "km-key-\(UInt64.random(in: 0...(.max)))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func names(_ content: [UInt8]) throws -> (lookup: RegistryKeyName, sealing: RegistryKeyName) {
            try Data(content).write(to: URL(filePath: path))
            return try (
                PANLookupKey(contentsOfFile: path, version: 3).name,
                PANSealingKey(contentsOfFile: path, version: 3).name
            )
        }
        // The last byte is that of a line ending, and must stay.
        let bytes = (0..<31).map { UInt8(200 &+ $0) } + [10]
        let digits = Array(hexadecimal(bytes).utf8)
        let (raw, text) = (try names(bytes), try names(digits))
        let (upper, ended) = (try names(Array(hexadecimal(bytes).uppercased().utf8)), try names(digits + [13, 10]))
        #expect(try raw.lookup == PANLookupKey(SecretBytes(copying: bytes), version: 3).name)
        #expect(try text.lookup == PANLookupKey(SecretBytes(copying: digits), version: 3).name)
        let sealing = try PANSealingKey(SecretBytes(copying: bytes), version: 3).name
        #expect([raw.sealing, text.sealing, upper.sealing, ended.sealing] == [sealing, sealing, sealing, sealing])
        #expect(ended.lookup == text.lookup)
        for content in [Array(bytes.dropLast()), Array(digits.dropLast()), digits + [10, 10]] {
            try Data(content).write(to: URL(filePath: path))
            #expect(throws: KMError(.invalidSize)) { try PANSealingKey(contentsOfFile: path) }
        }
    }

    @Test("Keys of other sizes are rejected")
    func sizes() throws {
        for count in [0, 16, 31, 65] {
            let bytes = try SecretBytes(copying: [UInt8](repeating: 7, count: count))
            #expect(throws: KMError(.invalidSize)) { try PANLookupKey(bytes) }
            #expect(throws: KMError(.invalidSize)) { try PANSealingKey(bytes) }
        }
    }

    @Test("Keys with the same bytes are rejected, in whatever roles they are")
    func equalKeys() async throws {
        let secret = try Fixture.secret(1)
        var configurations = [try Fixture.configuration(), try Fixture.configuration(), try Fixture.configuration()]
        configurations[0].lookupKeys.append(try PANLookupKey(secret, version: 2))
        configurations[1].sealingKeys = [try PANSealingKey(secret, version: 7)]
        configurations[2].assignment = .derived(try PARTokenizer(TokenizationKey(secret, version: 5)))
        for configuration in configurations {
            await #expect(throws: KMError(.keysEqual)) {
                try await PARRegistry(MemoryPARStore(), configuration, creates: true)
            }
        }
    }

    @Test("One key file in two roles is rejected")
    func equalFiles() async throws {
        let path = NSTemporaryDirectory() + "km-key-\(UInt64.random(in: 0...(.max)))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(hexadecimal((0..<32).map { UInt8($0) }).utf8).write(to: URL(filePath: path))
        var both = try Fixture.configuration()
        both.lookupKeys = [try PANLookupKey(contentsOfFile: path)]
        both.sealingKeys = [try PANSealingKey(contentsOfFile: path)]
        var tokenizing = try Fixture.configuration()
        tokenizing.sealingKeys = both.sealingKeys
        tokenizing.assignment = .derived(try PARTokenizer(TokenizationKey(contentsOfFile: path)))
        for configuration in [both, tokenizing] {
            await #expect(throws: KMError(.keysEqual)) {
                try await PARRegistry(MemoryPARStore(), configuration, creates: true)
            }
        }
    }

    @Test("Nothing that is printed shows a key or a hash")
    func printing() throws {
        let hash = try Fixture.lookupKey(1).hash(of: Fixture.pan(1))
        let texts = try printings(of: Fixture.lookupKey(1)) + printings(of: Fixture.sealingKey(1)) + printings(of: hash)
        for text in texts {
            #expect(!text.contains(hexadecimal(hash.bytes)) && !text.contains("\(hash.bytes[0]), \(hash.bytes[1])"))
            #expect(!text.contains("1, 1, 1") && !text.contains("101, 101, 101"))
        }
    }

    @Test("The record of an access rejects what may be a card number, and control characters")
    func access() throws {
        for text in [
            "", "9491339401250765", "card 9491 3394 0125 0765", "９４９１３３９４０１２５０７６５", "a\nb",
            String(repeating: "x", count: 201),
        ] {
            #expect(throws: KMError(.configurationInvalid)) { try RegistryAccess(actor: text, reason: "r") }
            #expect(throws: KMError(.configurationInvalid)) { try RegistryAccess(actor: "a", reason: text) }
        }
    }
}
