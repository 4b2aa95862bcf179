import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Checks which fields must be present for each presence requirement of a selection.
@Suite("Presence of selected fields")
struct FieldRequirementTests {
    private typealias Requirement = FieldSelection.Presence
    private let cipher: ParameterCipher

    init() throws {
        cipher = try FieldFixture.cipher()
    }

    /// Returns the error code of sealing and opening, or nil if both succeed.
    ///
    /// The test fails if only one of them rejects the document, or if the codes differ.
    private func rejection(_ text: String, _ paths: [String], _ requirement: Requirement) throws -> KMError.Code? {
        let selection = try FieldSelection(paths, presence: requirement)
        func code(_ body: () throws -> [UInt8]) -> KMError.Code? {
            do {
                _ = try body()
                return nil
            } catch {
                return (error as? KMError)?.code
            }
        }
        let sealing = code { try cipher.sealFields(Array(text.utf8), selection) }
        let sealed = try cipher.sealFields(
            Array(text.utf8),
            FieldSelection(paths, presence: .optional)
        )
        let opening = code { try cipher.openFields(sealed, selection) }
        #expect(sealing == opening)
        return sealing
    }

    @Test("The default requires the field in every item")
    func standard() throws {
        #expect(try FieldSelection(["$.a"]).presence == .everyItem)
        #expect(try FieldSelection([JSONPath("$.a")]).presence == .everyItem)
        #expect(try Protection.fields("$.a") == .fields(FieldSelection(["$.a"], presence: .everyItem)))
        #expect(try FieldSelection(["$.a"]) != FieldSelection(["$.a"], presence: .atLeastOnce))
    }

    @Test(
        "If one item of several lacks the field, only everyItem rejects the document",
        arguments: [
            ["$.l[*].d.c"], ["$['l'][*]['d']['c']"], ["$.l[*].d.c", "$.l[*].d.e"], ["$.l[*].d.e", "$.l[*].d.c"],
            ["$.*[*].d.c", "$.l[*].d.e"],
        ]
    )
    func oneOfSeveral(_ paths: [String]) throws {
        let good = #"{"d":{"c":1,"e":[1]},"x":2}"#
        for bad in [
            #"{"d":{"C":1,"e":2}}"#, #"{"D":{"c":1,"e":2}}"#, #"{"d":null}"#, #"{"d":[]}"#, #"{"d":[{"c":1,"e":2}]}"#,
            #"{"d":{}}"#, "{}", "[]", "null", "7", #""d""#, #"{"d":"c"}"#, #"{"d":{"c\u0020":1,"e":2}}"#,
        ] {
            for items in [[bad, good], [good, bad], [good, bad, good]] {
                let text = #"{"l":[\#(items.joined(separator: ","))]}"#
                #expect(try rejection(text, paths, .everyItem) == .fieldMissing, "\(text)")
                #expect(try rejection(text, paths, .atLeastOnce) == nil, "\(text)")
                #expect(try rejection(text, paths, .optional) == nil, "\(text)")
            }
        }
        #expect(try rejection(#"{"l":[\#(good),\#(good)]}"#, paths, .everyItem) == nil)
        let other = #"{"x":[],"d" : {"e":null,"\u0063":null}}"#
        #expect(try rejection(#"{"l":[\#(good),\#(other)]}"#, paths, .everyItem) == nil)
    }

    @Test("Empty lists and null values satisfy every requirement; missing members and items do not, unless optional")
    func edges() throws {
        for (text, path) in [
            (#"{"l":[]}"#, "$.l[*].c"), (#"{"l":{}}"#, "$.l[*].c"), (#"{"l":[[],[]]}"#, "$.l[*][*].c"),
            (#"{"l":[[],[{"c":1}]]}"#, "$.l[*][*].c"), (#"{"c":null}"#, "$.c"), ("[null]", "$[0]"), ("[0,1]", "$[*]"),
            (#"{"l":[[1,2],[3,4,5]]}"#, "$.l[*][1]"), (#"{"":{"":1}}"#, "$['']['']"), ("null", "$"),
        ] {
            for requirement in [FieldSelection.Presence.everyItem, .atLeastOnce] {
                #expect(try rejection(text, [path], requirement) == nil, "\(text)")
            }
        }
        for (text, path) in [
            ("{}", "$.c"), ("null", "$.c"), ("null", "$[*]"), ("1", "$[0]"), (#"{"l":null}"#, "$.l[*]"), ("[]", "$.c"),
            (#"{"0":1}"#, "$[0]"), ("[1]", "$[1]"), (#"[{"a":1}]"#, "$.a"),
        ] {
            for requirement in [FieldSelection.Presence.everyItem, .atLeastOnce] {
                #expect(try rejection(text, [path], requirement) == .fieldMissing, "\(text)")
            }
            #expect(try rejection(text, [path], .optional) == nil, "\(text)")
        }
        #expect(try rejection(#"{"l":[[1,2],[3]]}"#, ["$.l[*][1]"], .everyItem) == .fieldMissing)
        #expect(try rejection(#"{"l":[[1,2],null]}"#, ["$.l[*][*]"], .everyItem) == .fieldMissing)
    }

    @Test("Each of several paths through one array is checked on its own")
    func several() throws {
        let paths = ["$.l[0].a", "$.l[*].b"]
        #expect(try rejection(#"{"l":[{"a":1,"b":2},{"b":3}]}"#, paths, .everyItem) == nil)
        #expect(try rejection(#"{"l":[{"b":2},{"a":1,"b":3}]}"#, paths, .everyItem) == .fieldMissing)
        #expect(try rejection(#"{"l":[{"a":1,"b":2},{"a":3}]}"#, paths, .everyItem) == .fieldMissing)
    }

    @Test("Malformed JSON is reported before a missing field, wherever it occurs")
    func order() throws {
        let selection = try FieldSelection(["$.l[*].c"])
        for text in [#"{"l":[{}]"#, #"{"l":[{}],"l":[]}"#, #"{"l":[{}]}{}"#, #"{"l":[{},{"c":1,"c":1}]}"#] {
            #expect(throws: KMError(.malformedJSON)) { try cipher.sealFields(Array(text.utf8), selection) }
        }
    }

    @Test("In the documented response, everyItem rejects a name misspelt in one item, and atLeastOnce accepts it")
    func documentedResponse() throws {
        let items = [0, 1, 2].map(FieldSamples.item)
        for name in ["digital", "cardNo", "mobileCardCVC"] {
            let text = FieldSamples.response.replacing(
                items[1],
                with: items[1].replacing("\"\(name)\"", with: "\"\(name.uppercased())\"")
            )
            #expect(try rejection(text, FieldSamples.responsePaths, .everyItem) == .fieldMissing)
            #expect(try rejection(text, FieldSamples.responsePaths, .atLeastOnce) == nil)
        }
        let paths = ["$.issuedCardList[*].values.points[*].policyId"]
        let points = #""values":{"points":[{"policyId":"1"}],"balance""#
        let text = FieldSamples.response.replacing(
            items[2],
            with: items[2].replacing(#""values":{"balance""#, with: points)
        )
        #expect(try rejection(text, paths, .everyItem) == .fieldMissing)
        #expect(try rejection(text, paths, .atLeastOnce) == nil)
    }
}
