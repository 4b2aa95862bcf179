import Foundation
import KMCards
import KMTestSupport
import Testing

@Suite struct PARTests {
    @Test(
        arguments: [
            ("Q180BEA3B2F1BBD8410336D66A4", PAR.Format.platform, "Q1"),
            ("KM01Z0123456789ABCDEFGHIJKLMN", PAR.Format.emvco, "KM01"),
        ]
    )
    func bothFormatsAreAccepted(text: String, format: PAR.Format, prefix: String) throws {
        let par = try PAR(text)
        #expect(par.format == format)
        #expect(par.text == text)
        #expect("\(par)" == text)
        #expect(par.prefix == (try PAR.Prefix(prefix)))
        #expect("\(par.prefix)" == prefix)
        #expect(par.prefix.format == format)
        #expect(try PAR(text, format: format) == par)
        #expect(par.withCharacters { $0.count } == format.characterCount)
        #expect(format.prefixCharacterCount + PAR.referenceCharacterCount == format.characterCount)
        for other in PAR.Format.allCases where other != format {
            #expect(rejection { try PAR(text, format: other) } == .parMalformed)
        }
        #expect(try JSONEncoder().encode([par]) == Data("[\"\(text)\"]".utf8))
        #expect(try JSONDecoder().decode([PAR].self, from: Data("[\"\(text)\"]".utf8)) == [par])
    }

    @Test(
        arguments: [
            "", "Q1", "Q180BEA3B2F1BBD8410336D66A", "Q180BEA3B2F1BBD8410336D66A45", "q180BEA3B2F1BBD8410336D66A4",
            "Q180BEA3B2F1BBD8410336D66a4", "Q180BEA3B2F1BBD8410336D66A ", "Q180BEA3B2F1BBD8410336D66A\u{0}",
            "Q180BEA3B2F1BBD8410336D66\u{C4}", "Q180BEA3B2F1BBD8410336D66A40123",
        ]
    )
    func otherTextsAreRejected(text: String) {
        #expect(rejection { try PAR(text) } == .parMalformed)
        #expect(throws: (any Error).self) { try JSONDecoder().decode([PAR].self, from: Data("[\"\(text)\"]".utf8)) }
    }

    @Test(arguments: ["", "Q", "Q12", "q1", "Q-", "KM012", "\u{C4}1", "\u{C4}"])
    func invalidPrefixesAreRejected(text: String) {
        #expect(rejection { try PAR.Prefix(text) } == .parMalformed)
    }

    @Test func parsAndPrefixesAreHashable() throws {
        let texts = ["Q180BEA3B2F1BBD8410336D66A4", "Q180BEA3B2F1BBD8410336D66A5", "Q280BEA3B2F1BBD8410336D66A4"]
        let pars = try texts.map { try PAR($0) }
        #expect(Set(pars + pars).count == 3)
        #expect(Set(try texts.map { try PAR($0).prefix }).count == 2)
        #expect(pars[0] != pars[1])
        #expect(pars[0] == (try PAR(texts[0])))
        #expect(PAR.Prefix.platform == pars[0].prefix)
    }
}
