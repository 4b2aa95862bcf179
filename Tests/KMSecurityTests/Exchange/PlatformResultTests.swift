import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct PlatformResultTests {
    private func code(_ text: String) -> KMError.Code? { rejection { try PlatformResult(parsing: text.bytes) } }

    @Test func codesAndMessagesMatchTheAPIPage() {
        let errors: [PlatformError] = [
            .invalidInputParameter, .walletUserNotFound, .invalidCardInfo, .notFoundIssuedCards,
        ]
        let results = [PlatformResult.success] + errors.map(\.result)
        #expect(results.map(\.code) == ["000_000", "000_002", "001_006", "003_011", "003_049"])
        #expect(
            results.map(\.message) == [
                "Success.", "Invalid input parameter.", "Wallet user not found.", "Invalid card info.",
                "Not found issued cards.",
            ]
        )
    }

    @Test func aResultSurvivesWritingAndParsing() throws {
        for description in [nil, "", "more", "\"\\\n\u{1} 한글 😀"] as [String?] {
            let result = PlatformResult(code: "003_011", message: "Invalid \"card\" info.\\", description: description)
            #expect(try PlatformResult(parsing: result.body) == result)
        }
        #expect(
            PlatformResult.success.body == #"{"response":{"code":"000_000","message":"Success."}}"#.bytes
        )
    }

    @Test func aSuccessIsNotAnError() throws {
        #expect(PlatformResult.success.isSuccess)
        #expect(rejection { try PlatformError(PlatformResult.success) } == .malformedResult)
        #expect(rejection { try PlatformError(parsing: PlatformResult.success.body) } == .malformedResult)
        let error = try PlatformError(PlatformResult(code: "900_001", message: "Of your own."))
        #expect(!error.result.isSuccess)
        #expect(try PlatformError(parsing: error.result.body) == error)
    }

    @Test func otherMembersAreIgnored() throws {
        let texts = [
            #"{"issuedCardList":[{"response":{"code":"x","message":"y"}}],"response":{"code":"a","message":"b"}}"#,
            #"{"response":{"more":{"code":1},"message":"b","code":"a","n":null},"a":[1,{"b":2}]}"#,
            #" { "r\u0065sponse" : { "c\u006fde" : "a" , "message" : "\u0062" } } "#,
        ]
        for text in texts {
            let result = try PlatformResult(parsing: text.bytes)
            #expect(result == PlatformResult(code: "a", message: "b"))
        }
    }

    @Test(arguments: [
        "{}", "[]", "null", #"{"response":null}"#, #"{"response":[]}"#, #"{"response":{}}"#, #"{"response":"000_000"}"#,
        #"{"response":{"code":"a"}}"#, #"{"response":{"message":"b"}}"#, #"{"response":{"code":1,"message":"b"}}"#,
        #"{"response":{"code":"a","message":null}}"#, #"{"response":{"code":"a","code":"a","message":"b"}}"#,
        #"{"response":{"code":"a","c\u006fde":"a","message":"b"}}"#, #"{"Response":{"code":"a","message":"b"}}"#,
        #"{"response":{"code":"a","message":"b"},"response":{"code":"a","message":"b"}}"#,
        #"{"code":"a","message":"b"}"#, #"{"response":{"code":"\ud800","message":"b"}}"#,
    ])
    func malformedResultsAreRejected(text: String) {
        #expect(code(text) == .malformedResult)
    }

    @Test(arguments: [
        "", "{", #"{"response":{"code":"a","message":"b"}"#, #"{"response":{"code":"a","message":"b"}}}"#, "<html>",
    ])
    func invalidJSONIsRejected(text: String) {
        #expect(code(text) == .malformedJSON)
    }
}
