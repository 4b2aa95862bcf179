import KMRedis
import KMTestSupport
import Testing

@Suite("The decoder of Redis's answers")
struct RESPDecoderTests {
    /// What a decoder made of a stream: its values, and the fault that ended it.
    private struct Result: Equatable {
        var values: [RESPValue] = []
        var fault: RESPDecoder.Fault?
    }

    private func decode(_ pieces: [ArraySlice<UInt8>], _ limits: RESPDecoder.Limits = .init()) -> Result {
        var decoder = RESPDecoder(limits: limits)
        var result = Result()
        for piece in pieces {
            decoder.append(piece)
            do throws(RESPDecoder.Fault) {
                while let value = try decoder.next() { result.values.append(value) }
            } catch {
                result.fault = error
            }
        }
        return result
    }

    private func decode(_ text: String, _ limits: RESPDecoder.Limits = .init()) -> Result {
        decode([Array(text.utf8)[...]], limits)
    }

    @Test(
        "Values of every type",
        arguments: [
            ("+OK\r\n", RESPValue.simple("OK")), ("+\r\n", .simple("")), ("-OOM no\r\n", .error("OOM no")),
            (":0\r\n", .integer(0)), (":-9223372036854775808\r\n", .integer(.min)),
            (":9223372036854775807\r\n", .integer(.max)), ("$0\r\n\r\n", .bulk([])),
            ("$2\r\n\r\n\r\n", .bulk([13, 10])),
            ("$-1\r\n", .null), ("*-1\r\n", .null), ("*0\r\n", .array([])),
            ("*3\r\n:1\r\n*1\r\n$-1\r\n+a\r\n", .array([.integer(1), .array([.null]), .simple("a")])),
            ("*2\r\n*0\r\n*0\r\n", .array([.array([]), .array([])])),
        ]
    )
    func values(_ text: String, _ value: RESPValue) {
        #expect(decode(text) == Result(values: [value]))
        #expect(decode(text + text) == Result(values: [value, value]))
        #expect(decode(String(text.dropLast())).values.isEmpty)
    }

    @Test(
        "Malformed bytes end the stream",
        arguments: [
            ("x", RESPDecoder.Fault.unknownType), ("\r\n", .unknownType), ("%1\r\n", .unknownType),
            ("+a\n", .malformedLine), ("+a\rb", .malformedLine), ("$1\r\nab\r\n", .malformedLine),
            (":\r\n", .malformedNumber), (":-\r\n", .malformedNumber), (":+1\r\n", .malformedNumber),
            (":9223372036854775808\r\n", .malformedNumber), (":-9223372036854775809\r\n", .malformedNumber),
            (":1 \r\n", .malformedNumber), ("$-2\r\n", .malformedNumber), ("*-2\r\n", .malformedNumber),
            ("$9223372036854775807\r\n", .limitExceeded), ("*9223372036854775807\r\n", .limitExceeded),
            (String(repeating: "*1\r\n", count: 9), .limitExceeded),
            ("*65536\r\n*1\r\n", .limitExceeded),
        ]
    )
    func faults(_ text: String, _ fault: RESPDecoder.Fault) {
        #expect(decode(":7\r\n" + text) == Result(values: [.integer(7)], fault: fault))
    }

    @Test("A value has at most the bytes of the limit, in all its parts together")
    func size() {
        var limits = RESPDecoder.Limits()
        limits.byteCount = 32
        #expect(decode("$25\r\n" + String(repeating: "a", count: 25) + "\r\n", limits).values.count == 1)
        #expect(decode("$26\r\n" + String(repeating: "a", count: 26) + "\r\n", limits).fault == .limitExceeded)
        #expect(decode("$33\r\n", limits).fault == .limitExceeded)
        #expect(decode("+" + String(repeating: "a", count: 40), limits).fault == .limitExceeded)
        #expect(decode("*9\r\n" + String(repeating: ":1\r\n", count: 9), limits).fault == .limitExceeded)
        // The limit is for each value.
        #expect(decode(String(repeating: "*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n", count: 50), limits).values.count == 50)
    }

    @Test("Random and mutated streams never trap, and give the same values however they are cut")
    func randomStreams() {
        var generator = SeededGenerator(seed: 7)
        var limits = RESPDecoder.Limits()
        limits.byteCount = 200
        limits.elementCount = 12
        limits.depth = 3
        let alphabet = Array("+-:$*0123\r\n-a".utf8)
        var byteCount = 0
        let rounds = Effort.rounds(80_000)
        for _ in 0..<rounds {
            var stream: [UInt8] = []
            for _ in 0..<Int.random(in: 1...8, using: &generator) { stream += encoding(depth: 0, &generator) }
            switch generator.below(4) {
            case 0: break
            case 1: stream = (0..<generator.below(80)).map { _ in generator.pick(alphabet) }
            case 2: stream = generator.bytes(generator.below(80))
            default: stream = stream.mutated(using: &generator)
            }
            byteCount += stream.count
            let whole = decode([stream[...]], limits)
            #expect(decode(stream.indices.map { stream[$0...$0] }, limits) == whole)
            for _ in 0..<3 {
                var pieces: [ArraySlice<UInt8>] = []
                var rest = stream[...]
                while !rest.isEmpty {
                    let count = min(rest.count, 1 + generator.below(20))
                    pieces.append(rest.prefix(count))
                    rest = rest.dropFirst(count)
                }
                #expect(decode(pieces, limits) == whole)
            }
        }
        #expect(byteCount > rounds * 20)
    }

    private func encoding(depth: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        switch generator.below(depth < 3 ? 7 : 5) {
        case 0: return Array("+OK\r\n".utf8)
        case 1: return Array("-ERR no\r\n".utf8)
        case 2: return Array(":\(Int64.random(in: .min ... .max, using: &generator))\r\n".utf8)
        case 3: return Array("$-1\r\n".utf8)
        case 4:
            let bytes = generator.bytes(generator.below(30))
            return Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        default:
            let count = generator.below(4)
            return Array("*\(count)\r\n".utf8) + (0..<count).flatMap { _ in encoding(depth: depth + 1, &generator) }
        }
    }
}
