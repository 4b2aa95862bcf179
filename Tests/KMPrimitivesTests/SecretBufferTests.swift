import KMPrimitives
import KMTestSupport
import Testing

@Suite struct SecretBufferTests {
    @Test(arguments: [0, 1, 7, 64, 100_000])
    func holdsTheAppendedBytes(capacity: Int) throws {
        var generator = SeededGenerator(seed: UInt64(capacity))
        var buffer = try SecretBuffer(capacity: capacity)
        var expected: [UInt8] = []
        for round in 0..<200 {
            let bytes = generator.bytes(Int.random(in: 0...40, using: &generator))
            try buffer.append(copying: bytes.span)
            try buffer.append(UInt8(round))
            expected += bytes + [UInt8(round)]
            if round % 7 == 0 {
                let count = expected.count / 2
                buffer.truncate(to: count)
                expected.removeSubrange(count...)
            }
            let count = buffer.count
            #expect(count == expected.count)
        }
        let found = buffer.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        #expect(found == expected)
        let secret = buffer.finish()
        #expect(secret.exposed == expected)
    }

    @Test func truncationToAnInvalidCountIsClamped() throws {
        var buffer = try SecretBuffer(capacity: 4)
        try buffer.append(copying: [1, 2, 3].span)
        buffer.truncate(to: 5)
        let all = buffer.count
        buffer.truncate(to: -1)
        let none = buffer.count
        #expect([all, none] == [3, 0])
        let secret = buffer.finish()
        #expect(secret.count == 0)
    }
}
