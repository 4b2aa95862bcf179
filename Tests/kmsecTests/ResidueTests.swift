import Foundation
import Testing

#if os(Linux)
import Glibc

extension ToolTests {
    /// Card numbers that went through the tool do not stay in its memory.
    @Suite struct ResidueTests {
        /// The beginning of all card numbers, which is nowhere else in a process.
        private static let beginning = Array("999900".utf8)

        /// The stacks of the threads may still hold the numbers of the last lines; those of the other lines are erased.
        private static let maximumOnStacks = 8

        @Test(arguments: [["--json", "--field", "$.a", "--beside", "par"], ["--json", "--field", "$.a"], []])
        func derivationLeavesNoCardNumberInMemory(_ options: [String]) async throws {
            let folder = try TemporaryFolder()
            try folder.write(Array("fedcba9876543210fedcba9876543210".utf8), to: "key")
            let process = Process()
            process.executableURL = URL(filePath: try #require(Programs.kmsec).path)
            process.arguments = ["par", "derive", "--key-file", folder.path("key")] + options
            process.environment = Programs.cleanEnvironment
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            // Other processes may have inherited the pipe, so that closing it does not end the tool.
            defer { kill(process.processIdentifier, SIGKILL) }
            let count = 500
            let lines = (0..<count).map { Self.line($0, isJSON: !options.isEmpty) }.joined()
            try input.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
            var answered = 0
            while answered < count {
                let part = output.fileHandleForReading.availableData
                try #require(!part.isEmpty)
                answered += part.count { $0 == UInt8(ascii: "\n") }
            }
            // The tool waits for more now; its threads end their work on the last lines meanwhile.
            var places = Int.max
            for _ in 0..<10 where places > Self.maximumOnStacks {
                places = try Self.places(in: process.processIdentifier)
                if places > Self.maximumOnStacks { usleep(20_000) }
            }
            #expect(places <= Self.maximumOnStacks, "\(places) places in memory hold a card number")
        }

        /// Returns a line with a unique card number.
        private static func line(_ number: Int, isJSON: Bool) -> String {
            let digits = "999900" + String(number + 100_000_000)
            var sum = 0
            for (place, digit) in digits.reversed().enumerated() {
                let digit = digit.wholeNumberValue ?? 0
                sum += place % 2 == 0 ? digit / 5 + digit * 2 % 10 : digit
            }
            let pan = digits + String((10 - sum % 10) % 10)
            return isJSON ? "{\"id\":\(number),\"a\":\"\(pan)\",\"b\":[1,2,3]}\n" : pan + "\n"
        }

        /// Returns the number of card numbers in the writable memory of a process.
        private static func places(in process: Int32) throws -> Int {
            let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
            let memory = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/mem"))
            defer { try? memory.close() }
            var count = 0
            for line in maps.split(separator: "\n") {
                let words = line.split(separator: " ")
                let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
                guard words[1].hasPrefix("rw"), ends.count == 2 else { continue }
                try memory.seek(toOffset: ends[0])
                // A mapping that cannot be read, or that no longer exists, has no bytes.
                guard let bytes = try? memory.read(upToCount: Int(ends[1] - ends[0])) else { continue }
                count += unsafe bytes.withUnsafeBytes { unsafe occurrences(in: $0) }
            }
            return count
        }

        /// Returns how often ``beginning`` appears; Foundation's search would take minutes in a debug build.
        private static func occurrences(in bytes: UnsafeRawBufferPointer) -> Int {
            guard var at = bytes.baseAddress else { return 0 }
            let end = unsafe at + bytes.count
            var count = 0
            while let found = unsafe memchr(at, Int32(beginning[0]), end - at) {
                unsafe at = UnsafeRawPointer(found)
                guard unsafe end - at >= beginning.count else { break }
                if unsafe memcmp(at, beginning, beginning.count) == 0 { count += 1 }
                unsafe at += 1
            }
            return count
        }
    }
}
#endif
