import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// The header rules must agree with the server: both accept the headers, or both reject them.
@Suite("Header rules and server agree")
struct HeaderAgreementTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func rulesAndServerAgreeOnRandomFaults(seed: UInt64) async throws {
        let ends = try ClientAndServer()
        let server = try ends.server(replayGuard: CountingGuard(.first))
        let right = try ends.draft().fields()
        let spellings = ["0", "9", "a", "F", "g", ":", "=", "+", "/", "-", "_", " ", "Z", "é", "１", "~"]
        var numbers = SeededGenerator(seed: seed)
        var counts = [true: 0, false: 0]
        for _ in 0..<400 {
            var fields = right
            let index = Int.random(in: 0..<fields.count, using: &numbers)
            var value = Array(fields[index].value)
            let place = Int.random(in: 0..<value.count, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: value.remove(at: place)
            case 1: value.insert(contentsOf: spellings.randomElement(using: &numbers) ?? "", at: place)
            case 2: value.swapAt(place, Int.random(in: 0..<value.count, using: &numbers))
            default: value.replaceSubrange(place...place, with: spellings.randomElement(using: &numbers) ?? "")
            }
            fields[index].value = String(value)
            let isRight = HeaderRule.rules(.request).compactMap { $0.finding(fields) }.allSatisfy(\.isSatisfied)
            counts[isRight, default: 0] += 1
            let rejection = await #expect(throws: KMError.self) {
                // The token is for another body, so that a request with valid headers fails in a known way.
                try await server.open(fields, [0x20], protection: .none)
            }
            let afterHeaders: [KMError.Code] = [.callerUnknown, .tokenMismatch]
            #expect(
                rejection.map { afterHeaders.contains($0.code) } == isRight,
                "\(fields[index].name.rawName): \(fields[index].value), \(String(describing: rejection?.code))"
            )
        }
        // Both outcomes must occur often enough to be significant.
        #expect(counts.values.allSatisfy { $0 > 40 }, "\(counts)")
    }
}
