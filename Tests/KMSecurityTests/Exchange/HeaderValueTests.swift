import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Each header type accepts exactly its documented form.
@Suite struct HeaderValueTests {
    /// Characters that look like allowed ones, or that have broken other parsers.
    static let foreign = ["\0", "\n", "\r", "\t", " ", "\u{7F}", "\u{80}", "é", "０", "Ａ", "а", "\u{200B}", "٠"]

    private func code<Value: HeaderValue>(_ type: Value.Type, _ text: String) -> KMError.Code? {
        rejection { try Value(text) }
    }

    /// Checks that a type of fixed length and alphabet accepts `text` and rejects every change of it.
    private func checkForm<Value: HeaderValue>(_ type: Value.Type, _ text: String, notAllowed: [String]) throws {
        #expect(try Value(text).text == text)
        #expect(try "\(Value(text))" == text)
        for count in 0..<text.count { #expect(code(type, String(text.prefix(count))) == .headerInvalid, "\(count)") }
        for more in ["0", "A", " ", "\n", text] { #expect(code(type, text + more) == .headerInvalid) }
        for (index, place) in text.indices.enumerated() {
            for character in Self.foreign + notAllowed {
                let (before, after) = (text[..<place], text[text.index(after: place)...])
                #expect(code(type, before + character + after) == .headerInvalid, "\(character) at \(index)")
                // The same change, with the text cut to the right size in bytes.
                let bytes = character.utf8.count
                if bytes > 1, after.utf8.count >= bytes - 1 {
                    #expect(code(type, before + character + after.dropFirst(bytes - 1)) == .headerInvalid)
                }
            }
        }
    }

    @Test func anAspIDIs15LettersAndDigits() throws {
        try checkForm(AspID.self, "000170000000000", notAllowed: ["-", "_", ".", "/", ":", "@", "[", "`", "{"])
        #expect(code(AspID.self, "ABCXYZabcxyz019") == nil)
        #expect(AspID.headerName.canonicalName == "x-km-user-aspid")
    }

    @Test func anAccessKeyIs40VisibleCharacters() throws {
        try checkForm(AccessKey.self, String(repeating: "A1b2", count: 10), notAllowed: [])
        let visible = String(decoding: UInt8(0x21)...0x7E, as: UTF8.self)
        #expect(code(AccessKey.self, String(visible.prefix(40))) == nil)
        #expect(code(AccessKey.self, String(visible.suffix(40))) == nil)
        #expect(AccessKey.headerName.canonicalName == "x-km-access-key")
    }

    @Test func aCryptoKeyIDIs32Base64URLCharacters() throws {
        let others = ["+", "/", "=", ".", ":", "@", "[", "`", "{", "~"]
        try checkForm(CryptoKeyID.self, ClientAndServer.keyText, notAllowed: others)
        #expect(code(CryptoKeyID.self, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012-_z") == nil)
        #expect(try CryptoKeyID(ClientAndServer.keyText) != CryptoKeyID(ClientAndServer.keyText.uppercased()))
        #expect(CryptoKeyID.headerName.canonicalName == "x-km-crypto-key-id")
    }

    @Test func randomCryptoKeyIDsDiffer() throws {
        let ids = try (0..<100).map { _ in try CryptoKeyID.random() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) } })
    }

    @Test func aCorrelationIDIsATimeAndSevenHexadecimalDigits() throws {
        try checkForm(CorrelationID.self, "221108120814-0a1b2c3", notAllowed: ["g", "G", "x", ":", "/", "@", "`", "+"])
        #expect(code(CorrelationID.self, "221108120814-0A1B2C3") == nil)
        for text in [
            "221108120814_0a1b2c3", "22110812081-00a1b2c3", "2211081208140-a1b2c3", "221108120814-0a1b-c3",
            "2211-8120814-0a1b2c",
            "a21108120814-0a1b2c3", "-21108120814-0a1b2c3",
        ] {
            #expect(code(CorrelationID.self, text) == .headerInvalid, "\(text)")
        }
        #expect(CorrelationID.headerName.canonicalName == "x-km-correlation-id")
    }

    @Test func aTranTimeIs14Digits() throws {
        try checkForm(TranTime.self, "20221108120814", notAllowed: ["a", "-", "+", ":", "/", "T"])
        #expect(TranTime.headerName.canonicalName == "x-km-tran-time")
    }

    @Test func aTimeZoneIsOneOfTheKnownCodes() throws {
        try checkForm(TimeZoneCode.self, "KST", notAllowed: ["k", "0", "+", "@", "[", "`"])
        for zone in TimeZoneCode.all { #expect(try TimeZoneCode(zone.text) == zone) }
        #expect(TimeZoneCode.all.map(\.secondsFromUTC) == [0, 0, 32_400, 32_400])
        for text in ["PST", "IST", "CST", "BST", "EST", "ZZZ", "UTD", "AAA"] {
            #expect(code(TimeZoneCode.self, text) == .timeZoneUnknown, "\(text)")
        }
        #expect(TimeZoneCode.headerName.canonicalName == "x-km-time-zone")
    }

    @Test func errorsNameTheHeaderAndDoNotQuoteIt() {
        let secret = "4111111111111111"
        let errors = [
            thrownError { try AspID(secret) }, thrownError { try AccessKey(secret) },
            thrownError { try CryptoKeyID(secret) },
            thrownError { try CorrelationID(secret) }, thrownError { try TranTime(secret) },
            thrownError { try TimeZoneCode(secret) },
        ]
        for error in errors {
            #expect(error?.detail.hasPrefix("X-KM-") == true)
            #expect(error?.detail.contains("4111") == false)
        }
    }

    /// Checks valid and invalid months, days, hours, minutes and seconds.
    @Test(arguments: [
        ("20221108120814", true), ("20000229000000", true), ("20240229235959", true), ("19000228000000", true),
        ("19000229000000", false), ("20230229000000", false), ("21000229000000", false), ("20240230000000", false),
        ("20220131000000", true), ("20220132000000", false), ("20220430000000", true), ("20220431000000", false),
        ("20220631000000", false), ("20220931000000", false), ("20221131000000", false), ("20221231235959", true),
        ("20220001000000", false), ("20221301000000", false), ("20220100000000", false), ("20229901000000", false),
        ("20220101240000", false), ("20220101236000", false), ("20220101235960", false), ("20220101230060", false),
        ("00000101000000", false), ("00010101000000", true), ("99991231235959", true),
    ])
    func timesMustExistInTheCalendar(text: String, exists: Bool) {
        #expect(code(TranTime.self, text) == (exists ? nil : .headerInvalid))
        let mac = String(repeating: "A", count: 43)
        #expect(rejection { try TranToken("KMV1:\(text)000:\(mac)") } == (exists ? nil : .tokenMalformed))
        if text.hasPrefix("20") {
            #expect(code(CorrelationID.self, "\(text.dropFirst(2))-0000000") == (exists ? nil : .headerInvalid))
        }
    }
}
