import Foundation
import KMCards
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct PARTokenizerTests {
    private static func key(_ seed: UInt64, version: UInt32 = 1) throws -> TokenizationKey {
        var generator = SeededGenerator(seed: seed)
        return try TokenizationKey(SecretBytes(copying: generator.bytes(32)), version: version)
    }

    @Test(arguments: [0, 15, 65, 1000]) func keysOfOtherSizesAreRejected(count: Int) {
        #expect(rejection { try TokenizationKey(SecretBytes(randomCount: count)) } == .invalidSize)
    }

    @Test(arguments: ["0123456789abcdef", "0123456789ABCDEFabcdef012345678"])
    func shortHexadecimalKeysAreRejected(text: String) {
        #expect(rejection { try TokenizationKey(SecretBytes(text)) } == .invalidSize)
        #expect(rejection { try TokenizationKey(SecretBytes(text + "g")) } == nil)
    }

    /// One line ending at the end of a text file is not part of the key; of a binary file, every byte is.
    @Test func keysAreReadFromFiles() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        func check(_ file: [UInt8], is key: [UInt8]) throws {
            try Data(file).write(to: URL(filePath: path))
            let expected = try TokenizationKey(SecretBytes(copying: key), version: 7).keyCheckValue
            #expect(try TokenizationKey(contentsOfFile: path, version: 7).keyCheckValue == expected)
        }
        let (text, bytes) = (Array("0123456789abcdef0123456789abcdef".utf8), [UInt8](200..<232))
        for end in ["", "\n", "\r\n"] {
            try check(text + Array(end.utf8), is: text)
            try check(bytes + Array(end.utf8), is: bytes + Array(end.utf8))
        }
        #expect(rejection { try TokenizationKey(contentsOfFile: path + "x") } == .fileUnreadable)
    }

    @Test(arguments: [16, 32, 64]) func keysOf16To64BytesAreAccepted(count: Int) throws {
        #expect(try TokenizationKey(SecretBytes(randomCount: count)).keyCheckValue.utf8.count == 10)
    }

    @Test func keyCheckValuesDifferByKeyAndVersion() throws {
        let keys = try [Self.key(1), Self.key(2), Self.key(1, version: 2)]
        #expect(Set(keys.map(\.keyCheckValue)).count == 3)
        #expect(try Self.key(1).keyCheckValue == keys[0].keyCheckValue)
    }

    @Test func keysPrintRedacted() throws {
        var generator = SeededGenerator(seed: 1)
        let secret = generator.bytes(32)
        let key = try TokenizationKey(SecretBytes(copying: secret), version: 3)
        #expect("\(key)" == "TokenizationKey(version 3, KCV \(key.keyCheckValue), redacted)")
        for texts in [printings(of: key), printings(of: try PARTokenizer(key))] { #expect(!shows(texts, secret)) }
        #expect("\(try PARTokenizer(key))" == "PARTokenizer(prefix Q1, versions [3])")
    }

    @Test func derivationIsDeterministic() async throws {
        let pan = try PAN(CardNumbers.test)
        let tokenizer = try PARTokenizer(Self.key(1))
        let par = try tokenizer.par(for: pan)
        let again = try PARTokenizer(Self.key(1)).par(for: PAN("9491-3394-0125-0765", separators: .spacesAndHyphens))
        #expect(again == par)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try (0..<2000).allSatisfy { _ in try tokenizer.par(for: pan) == par } }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }

    /// Another key, version, format, prefix or PAN gives a different reference.
    @Test func everyInputChangesThePAR() throws {
        let pans = try [PAN(CardNumbers.test), PAN(CardNumbers.make(1)), PAN(CardNumbers.make(1, digitCount: 17))]
        var references = Set<String>()
        var count = 0
        for key in try [Self.key(1), Self.key(2), Self.key(1, version: 2), Self.key(1, version: 256)] {
            for prefix in try ["Q1", "Q2", "Q1Q1", "Q1Q2"].map(PAR.Prefix.init(_:)) {
                for pan in pans {
                    let par = try PARTokenizer(key, prefix: prefix).par(for: pan)
                    #expect(par.prefix == prefix)
                    #expect(try PAR(par.text) == par)
                    references.insert(String(par.text.suffix(PAR.referenceCharacterCount)))
                    count += 1
                }
            }
        }
        #expect(references.count == count)
    }

    @Test func digitsAndPANsGiveTheSamePAR() throws {
        let tokenizer = try PARTokenizer(Self.key(1))
        let digits = Array(CardNumbers.test.utf8)
        #expect(try tokenizer.par(forDigits: digits.span) == tokenizer.par(for: PAN(CardNumbers.test)))
        #expect(try tokenizer.par(forDigits: digits.span, digitCount: 16) == tokenizer.par(forDigits: digits.span))
        #expect(rejection { try tokenizer.par(forDigits: digits.span, digitCount: 15) } == .panLengthInvalid)
        #expect(rejection { try tokenizer.par(forDigits: digits.span.extracting(1...)) } == .panCheckDigitInvalid)
        let separated = Array("9491 3394 0125 0765".utf8)
        #expect(rejection { try tokenizer.par(forDigits: separated.span) } == .panMalformed)
    }

    @Test func retiredKeysDeriveDuringAMigration() throws {
        let (old, new) = try (Self.key(1, version: 1), Self.key(2, version: 2))
        let before = try PARTokenizer(old)
        let during = try PARTokenizer(new, former: [old])
        let pan = try PAN(CardNumbers.test)
        let known = try before.par(for: pan)
        #expect(during.versions == [2, 1])
        #expect(try during.par(for: pan) != known)
        #expect(try during.par(for: pan, version: 1) == known)
        #expect(try during.version(of: known, for: pan) == 1)
        #expect(try during.version(of: during.par(for: pan), for: pan) == 2)
        #expect(try during.version(of: known, for: PAN(CardNumbers.make(1))) == nil)
        #expect(try during.derivations(for: pan).map(\.version) == [2, 1])
        #expect(try during.derivations(for: pan).map(\.par) == [during.par(for: pan), known])
        #expect(rejection { try during.par(for: pan, version: 3) } == .keyVersionUnknown)
        #expect(rejection { try PARTokenizer(new, former: [old, old]) } == .keyVersionRepeated)
        #expect(rejection { try PARTokenizer(new, former: [Self.key(3, version: 2)]) } == .keyVersionRepeated)
        let elsewhere = try PARTokenizer(new, former: [old], prefix: PAR.Prefix("Q2"))
        #expect(try elsewhere.version(of: known, for: pan) == nil)
    }
}
