import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import Testing

/// One fault in one header, the code with which the server rejects it, and the header rule that finds it.
@Suite("Faults of single headers")
struct HeaderFaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let header: HTTPField.Name
        let values: [String]
        let code: KMError.Code
        /// The full names of the broken rules.
        let rules: Set<String>

        init(_ header: HTTPField.Name, _ values: String..., code: KMError.Code, rules: String...) {
            self.header = header
            self.values = values
            self.code = code
            self.rules = Set(rules.map { $0.contains("-") ? $0 : "\(header.rawName).\($0)" })
        }

        var testDescription: String { "\(header.rawName) \(rules.sorted()) \(values)" }
    }

    private static let mac = "KaVTcUnJJPP+VbSB6u2pa9n1Hjc2aFlgOrZyUi5pmzQ"

    private static func token(_ time: String, _ mac: String = mac) -> Row {
        Row(.kmTranToken, "KMV1:\(time):\(mac)", code: .tokenMalformed, rules: "time")
    }

    static let rows: [Row] = [
        Row(.kmUserAspID, code: .headerMissing, rules: "presence"),
        Row(.kmUserAspID, "000170000000000", "000170000000000", code: .headerRepeated, rules: "presence"),
        Row(.kmUserAspID, "00017000000000", code: .headerInvalid, rules: "length"),
        Row(.kmUserAspID, "0001700000000000", code: .headerInvalid, rules: "length"),
        Row(.kmUserAspID, "", code: .headerInvalid, rules: "length"),
        Row(.kmUserAspID, "00017000000000-", code: .headerInvalid, rules: "alphabet"),
        Row(.kmUserAspID, "0001700000000é", code: .headerInvalid, rules: "alphabet"),
        Row(.kmUserAspID, "00017000000000é", code: .headerInvalid, rules: "length", "alphabet"),

        Row(.kmCorrelationID, code: .headerMissing, rules: "presence"),
        Row(
            .kmCorrelationID,
            "270305123456-0a1b2c3",
            "270305123456-0a1b2c4",
            code: .headerRepeated,
            rules: "presence"
        ),
        Row(.kmCorrelationID, "270305123456-0a1b2c", code: .headerInvalid, rules: "length"),
        Row(.kmCorrelationID, "270305123456-0a1b2c3d", code: .headerInvalid, rules: "length"),
        Row(.kmCorrelationID, "270305123456-0a1b2cg", code: .headerInvalid, rules: "form"),
        Row(.kmCorrelationID, "270305123456_0a1b2c3", code: .headerInvalid, rules: "form"),
        Row(.kmCorrelationID, "27030512345x-0a1b2c3", code: .headerInvalid, rules: "form"),
        Row(.kmCorrelationID, "270229123456-0a1b2c3", code: .headerInvalid, rules: "calendar"),
        Row(.kmCorrelationID, "271305123456-0a1b2c3", code: .headerInvalid, rules: "calendar"),
        Row(.kmCorrelationID, "270305240000-0a1b2c3", code: .headerInvalid, rules: "calendar"),
        Row(.kmCorrelationID, "270305123460-0a1b2c3", code: .headerInvalid, rules: "calendar"),
        Row(.kmCorrelationID, "270305122955-0a1b2c3", code: .timeMismatch, rules: "correlation-time"),
        Row(.kmCorrelationID, "270305123957-0a1b2c3", code: .timeMismatch, rules: "correlation-time"),
        Row(.kmCorrelationID, "270305213456-0a1b2c3", code: .timeMismatch, rules: "correlation-time"),

        Row(.kmAccessKey, code: .headerMissing, rules: "presence"),
        Row(.kmAccessKey, String(repeating: "a", count: 39), code: .headerInvalid, rules: "length"),
        Row(.kmAccessKey, String(repeating: "a", count: 41), code: .headerInvalid, rules: "length"),
        Row(.kmAccessKey, "a b" + String(repeating: "a", count: 37), code: .headerInvalid, rules: "alphabet"),
        Row(.kmAccessKey, "é" + String(repeating: "a", count: 38), code: .headerInvalid, rules: "alphabet"),
        Row(
            .kmAccessKey,
            String(repeating: "a", count: 40),
            String(repeating: "a", count: 40),
            code: .headerRepeated,
            rules: "presence"
        ),

        Row(
            .kmCryptoKeyID,
            String(repeating: "a", count: 32),
            String(repeating: "a", count: 32),
            code: .headerRepeated,
            rules: "presence"
        ),
        Row(.kmCryptoKeyID, String(repeating: "a", count: 31), code: .headerInvalid, rules: "length"),
        Row(.kmCryptoKeyID, String(repeating: "a", count: 33), code: .headerInvalid, rules: "length"),
        Row(.kmCryptoKeyID, String(repeating: "a", count: 31) + ".", code: .headerInvalid, rules: "alphabet"),

        Row(.kmTranToken, code: .headerMissing, rules: "presence"),
        Row(
            .kmTranToken,
            "KMV1:20270305123456789:\(mac)",
            "KMV1:20270305123456789:\(mac)",
            code: .headerRepeated,
            rules: "presence"
        ),
        Row(.kmTranToken, "KMV2:20270305123456789:\(mac)", code: .tokenMalformed, rules: "version"),
        Row(.kmTranToken, "kmv1:20270305123456789:\(mac)", code: .tokenMalformed, rules: "version"),
        Row(.kmTranToken, "KMV1:20270305123456789:\(mac)==", code: .tokenMalformed, rules: "length", "mac"),
        Row(.kmTranToken, "KMV1:20270305123456789:", code: .tokenMalformed, rules: "length", "mac"),
        Row(.kmTranToken, "KMV1:20270305123456789:\(mac.dropLast())R", code: .tokenMalformed, rules: "mac"),
        Row(.kmTranToken, "KMV1:20270305123456789:\(mac.dropLast())=", code: .tokenMalformed, rules: "mac"),
        Row(.kmTranToken, "KMV1:20270305123456789:\(mac)A", code: .tokenMalformed, rules: "mac"),
        Row(.kmTranToken, "KMV1:20270305123456789:-\(mac.dropFirst())", code: .tokenMalformed, rules: "mac"),
        token("20270229123456789"), token("20271305123456789"), token("20270305243456789"),
        token("20270305126056789"), token("20270305123460789"), token("2027030512345678x"), token("00000305123456789"),
        Row(.kmTranToken, "KMV1:20270305123456789.\(mac)", code: .tokenMalformed, rules: "time"),
        Row(.kmTranToken, "KMV1:20270305123457789:\(mac)", code: .timeMismatch, rules: "token-time"),
        Row(.kmTranToken, "KMV1:20270305123455999:\(mac)", code: .timeMismatch, rules: "token-time"),

        Row(.kmTranTime, code: .headerMissing, rules: "presence"),
        Row(.kmTranTime, "20270305123456", "20270305123456", code: .headerRepeated, rules: "presence"),
        Row(.kmTranTime, "2027030512345", code: .headerInvalid, rules: "length"),
        Row(.kmTranTime, "20270305123456789", code: .headerInvalid, rules: "length"),
        Row(.kmTranTime, "2027030512345x", code: .headerInvalid, rules: "alphabet"),
        Row(.kmTranTime, "20270229123456", code: .headerInvalid, rules: "calendar"),
        Row(.kmTranTime, "20270431123456", code: .headerInvalid, rules: "calendar"),
        Row(.kmTranTime, "20270305123460", code: .headerInvalid, rules: "calendar"),
        Row(.kmTranTime, "20270305123457", code: .timeMismatch, rules: "token-time"),

        Row(.kmTimeZone, code: .headerMissing, rules: "presence"),
        Row(.kmTimeZone, "UTC", "KST", code: .headerRepeated, rules: "presence"),
        Row(.kmTimeZone, "UT", code: .headerInvalid, rules: "length"),
        Row(.kmTimeZone, "+0900", code: .headerInvalid, rules: "length", "alphabet"),
        Row(.kmTimeZone, "utc", code: .headerInvalid, rules: "alphabet"),
        Row(.kmTimeZone, "U C", code: .headerInvalid, rules: "alphabet"),
        Row(.kmTimeZone, "PST", code: .timeZoneUnknown, rules: "known"),
    ]

    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    @Test(arguments: rows)
    func aFaultIsFoundByTheServerAndTheRules(row: Row) async throws {
        var fields = try ends.draft().fields()
        fields[values: row.header] = row.values
        let server = try ends.server()
        await #expect(throws: KMError(row.code)) { try await server.open(fields, ClientAndServer.parameters) }
        // An access key may be absent from a callback, and only the server knows the correlation id's tolerance.
        let isServersOwn = row.rules == ["correlation-time"] || (row.header == .kmAccessKey && row.values.isEmpty)
        if isServersOwn {
            #expect(throws: Never.self) { try RequestHeaders(fields) }
        } else {
            #expect(throws: KMError(row.code)) { try RequestHeaders(fields) }
        }
        let broken = HeaderRule.rules(.request).compactMap { $0.finding(fields) }.filter { !$0.isSatisfied }
        #expect(Set(broken.map(\.rule)) == row.rules)
        #expect(broken.count == row.rules.count)
        #expect(broken.allSatisfy { $0.header == row.header.rawName || $0.rule == "token-time" })
        for finding in broken { #expect(!finding.found.contains(Self.mac.prefix(20))) }
    }

    @Test("Every rule is broken by a row of the table")
    func everyRuleHasARow() {
        let named = Self.rows.reduce(into: Set<String>()) { $0.formUnion($1.rules) }
        #expect(named == Set(HeaderRule.rules(.request).map(\.name)))
    }

    @Test("Every rule applies to valid headers and is satisfied by them")
    func rightHeaders() throws {
        for kind in HeaderRule.Kind.allCases {
            var fields = try ends.draft().fields()
            if kind == .callback { fields[.kmAccessKey] = nil }
            let findings = HeaderRule.rules(kind).compactMap { $0.finding(fields) }
            #expect(findings.map(\.rule).count == HeaderRule.rules(kind).count)
            #expect(findings.filter { !$0.isSatisfied }.isEmpty)
        }
    }

    @Test("Callbacks and responses have rules of their own")
    func kinds() throws {
        func broken(_ kind: HeaderRule.Kind, _ fields: HTTPFields) -> [String] {
            HeaderRule.rules(kind).compactMap { $0.finding(fields) }.filter { !$0.isSatisfied }.map(\.rule)
        }
        var fields = try ends.draft().fields()
        #expect(broken(.callback, fields) == ["X-KM-Access-Key.presence"])
        fields = [:]
        #expect(broken(.response, fields) == ["X-KM-Correlation-Id.presence"])
        #expect(broken(.callback, fields).count == 5)
        #expect(broken(.request, fields).count == 6)
        fields[.kmCryptoKeyID] = "short"
        #expect(broken(.response, fields) == ["X-KM-Correlation-Id.presence", "X-KM-Crypto-Key-Id.length"])
    }
}
