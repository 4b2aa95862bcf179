import KMSecurityTestSupport
import Testing

@testable import KMSecurity

@Suite("Cached content keys in concurrent tasks")
struct FieldCacheConcurrencyTests {
    @Test("No key exceeds its message limit while 8 tasks seal and open at the same time")
    func together() async throws {
        let bounds = DataKeyCaching(maximumMessageCount: 50, maximumEntryCount: 4)
        let sender = try FieldFixture.cipher(caching: bounds)
        let receiver = try FieldFixture.cipher(caching: bounds)
        let keys = try await withThrowingTaskGroup(of: [String].self) { group in
            for task in 0..<8 {
                group.addTask {
                    var keys: [String] = []
                    for number in 0..<100 {
                        let correlationID = try FieldFixture.correlationID(task * 100 + number)
                        let text = #"{"a":"\#(task)","b":[\#(number),null]}"#
                        let body = try sender.seal(text, ["$.a", "$.b[*]"], correlationID)
                        let opened = try receiver.open(body, ["$.a", "$.b[*]"], correlationID)
                        guard opened.text == text else { throw KMError(.authenticationFailed, "different text") }
                        keys.append(String(body.text.split(separator: ".")[1]))
                    }
                    return keys
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let counts = Dictionary(grouping: keys) { $0 }.mapValues { $0.count * 3 }
        #expect(keys.count == 800)
        #expect(counts.values.allSatisfy { $0 <= 50 })
        // Tasks may create keys at the same time. One of them is cached, and each other one serves one message only.
        #expect((50...400).contains(counts.count))
        #expect((receiver.cache?.entryCount ?? 0) <= 4)
        #expect(sender.cache?.entryCount == 1)
    }
}
