import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@Suite struct RequestHeadersTests {
    private static let required: [HTTPField.Name] = [
        .kmUserAspID, .kmCorrelationID, .kmTranToken, .kmTranTime, .kmTimeZone,
    ]
    private static let optional: [HTTPField.Name] = [.kmAccessKey, .kmCryptoKeyID]

    private let fields: HTTPFields

    init() throws {
        fields = try ClientAndServer().client().seal("{}".bytes, protection: .none).headers
    }

    private func code(_ fields: HTTPFields) -> KMError.Code? { rejection { try RequestHeaders(fields) } }

    @Test func headersSurviveWritingAndParsing() throws {
        let headers = try RequestHeaders(fields)
        for profile in WireProfile.all {
            let again = try RequestHeaders(headers.httpFields(profile))
            #expect(again.httpFields(.documented) == fields)
        }
        #expect(fields.count == 7)
        #expect(fields[.kmTranToken]?.utf8.count == 66)
        #expect(headers.httpFields(.gateway)[.kmTranToken]?.utf8.count == 67)
    }

    /// Checks that HTTP/2 does not index the token, since compression tables would keep it and could leak it.
    @Test func theTokenStaysOutOfCompressionTables() throws {
        let field = try #require(fields.first { $0.name == .kmTranToken })
        #expect(field.indexingStrategy == .disallow)
    }

    @Test(arguments: required)
    func theErrorNamesAMissingHeader(name: HTTPField.Name) {
        #expect(code(fields.with(name, nil)) == .headerMissing)
        let error = thrownError { try RequestHeaders(fields.with(name, nil)) }
        #expect(error?.detail.contains(name.rawName) == true)
    }

    @Test func theAccessKeyAndCryptoKeyIDAreOptional() throws {
        let headers = try RequestHeaders(fields.with(.kmAccessKey, nil).with(.kmCryptoKeyID, nil))
        #expect(headers.accessKey == nil)
        #expect(headers.cryptoKeyID == nil)
        #expect(headers.httpFields().count == 5)
    }

    @Test(arguments: required + optional)
    func aRepeatedHeaderIsRejected(name: HTTPField.Name) throws {
        let value = try #require(fields[name])
        for other in [value, "", "x"] {
            var twice = fields
            twice.append(HTTPField(name: name, value: other))
            #expect(code(twice) == .headerRepeated, "\(other)")
        }
        // The values joined into one header, as a proxy may do.
        let expected: KMError.Code = name == .kmTranToken ? .tokenMalformed : .headerInvalid
        #expect(code(fields.with(name, "\(value), \(value)")) == expected)
    }

    @Test(arguments: required + optional)
    func anEmptyOrMalformedValueIsRejected(name: HTTPField.Name) throws {
        let expected: KMError.Code = name == .kmTranToken ? .tokenMalformed : .headerInvalid
        for value in ["", "x", "é", String(repeating: "x", count: 100_000)] {
            #expect(code(fields.with(name, value)) == expected, "\(value.prefix(3))")
        }
    }

    @Test func headerNamesAreCaseInsensitive() throws {
        for change: (String) -> String in [{ $0.lowercased() }, { $0.uppercased() }] {
            var other = HTTPFields()
            for field in fields {
                let name = try #require(HTTPField.Name(change(field.name.rawName)))
                other.append(HTTPField(name: name, value: field.value))
            }
            #expect(try RequestHeaders(other).httpFields() == fields)
            // The same name in two cases is a repeated header.
            var twice = fields
            let name = try #require(HTTPField.Name(change("X-KM-Tran-Time")))
            twice.append(HTTPField(name: name, value: fields[.kmTranTime] ?? ""))
            #expect(code(twice) == .headerRepeated)
        }
    }

    /// White space around a value is not part of it (RFC 9110 section 5.5), and white space inside it is.
    @Test func whiteSpaceAroundAValueIsIgnored() {
        #expect(code(fields.with(.kmTimeZone, " KST\t")) == nil)
        #expect(code(fields.with(.kmTimeZone, "K T")) == .headerInvalid)
        for control in ["\0", "\r", "\n", "\u{1}"] {
            #expect(code(fields.with(.kmTimeZone, "K\(control)T")) == .headerInvalid)
            #expect(code(fields.with(.kmTranTime, "2022110812\(control)814")) == .headerInvalid)
        }
    }

    @Test func otherHeadersAreIgnored() throws {
        var more = fields
        more[.contentType] = "application/json"
        more[.authorization] = "x"
        #expect(code(more) == nil)
    }

    /// Compares the times to the second, since only the token has milliseconds.
    @Test func aTranTimeThatDiffersFromTheTokensTimeIsRejected() throws {
        #expect(fields[.kmTranTime] == "20270305213456")
        for time in ["20270305213455", "20270305213457", "20270305123456", "20270306213456", "20280305213456"] {
            #expect(code(fields.with(.kmTranTime, time)) == .timeMismatch, "\(time)")
        }
    }

    @Test func responseHeadersAreParsedAndWritten() throws {
        let response = HTTPFields([HTTPField(name: .kmCorrelationID, value: "270305213456-0a1b2c3")])
        let headers = try ResponseHeaders(response)
        #expect(headers.cryptoKeyID == nil)
        #expect(headers.httpFields == response)
        let both = response.with(.kmCryptoKeyID, ClientAndServer.keyText)
        #expect(try ResponseHeaders(both).cryptoKeyID?.text == ClientAndServer.keyText)
        #expect(try ResponseHeaders(both).httpFields == both)
        #expect(rejection { try ResponseHeaders([:]) } == .headerMissing)
        #expect(rejection { try ResponseHeaders(both.with(.kmCorrelationID, nil)) } == .headerMissing)
        #expect(rejection { try ResponseHeaders(both.with(.kmCryptoKeyID, "x")) } == .headerInvalid)
        #expect(rejection { try ResponseHeaders(both.with(.kmCorrelationID, "x")) } == .headerInvalid)
        for name in [HTTPField.Name.kmCorrelationID, .kmCryptoKeyID] {
            var twice = both
            twice.append(HTTPField(name: name, value: both[name] ?? ""))
            #expect(rejection { try ResponseHeaders(twice) } == .headerRepeated)
        }
    }
}
