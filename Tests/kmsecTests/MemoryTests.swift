import Foundation
import Testing

extension ToolTests {
    /// The memory of each command is limited for any input.
    @Suite struct MemoryTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            try folder.write(Array("0123456789abcdef0123456789abcdef".utf8), to: "secret")
            try folder.write(Array("fedcba9876543210fedcba9876543210".utf8), to: "par.key")
        }

        @Test func everyCommandHasACase() async throws {
            let calls = try await ToolCommand.all().map(\.call)
            #expect(Set(calls) == Set(MemoryCase.all.keys))
            #expect(MemoryCase.all.values.allSatisfy { !$0.isEmpty })
        }

        @Test(arguments: MemoryCase.all.keys.sorted()) func peakMemoryIsBelowTheLimit(_ call: String) async throws {
            let peakMemory = try #require(Programs.peakMemory)
            let kmsec = try #require(Programs.kmsec)
            let keys = try #require(KeyFolder.current).path
            if call == "kmsec vectors run" {
                try folder.write([UInt8](repeating: UInt8(ascii: " "), count: 40 << 20), to: "large.json")
            }
            for test in MemoryCase.all[call] ?? [] {
                let words = call.split(separator: " ").dropFirst().map(String.init)
                let outcome = try await peakMemory.run(
                    ["peak", kmsec.path] + words + test.arguments.map { $0.replacing("$KEYS", with: keys) },
                    input: test.input.bytes,
                    folder: folder
                )
                let what = "\(call), \(test.name)"
                #expect(outcome.status == test.status, "\(what): \(outcome.errorText.prefix(500))")
                let isAsExpected = test.error.isEmpty || outcome.errorText.contains(test.error)
                #expect(isAsExpected, "\(what): \(outcome.errorText.prefix(500))")
                let peak = try #require(Int(String(decoding: folder.read("peak"), as: UTF8.self)))
                #expect(peak >> 20 < test.bound, "\(what): \(peak >> 20) MiB, of which \(test.bound) are allowed")
            }
        }

        /// The input has many files, directories and levels.
        @Test func manyFilesNeedNoMoreMemoryThanOne() async throws {
            let text = Array("9491339401250765\n".utf8)
            var path = "tree"
            try folder.makeFolder(path)
            for level in 0..<100 {
                for file in 0..<10 { try folder.write(text, to: "\(path)/file\(file)") }
                path += "/directory\(level)"
                try folder.makeFolder(path)
            }
            let outcome = try await #require(Programs.peakMemory).run(
                ["peak", #require(Programs.kmsec).path, "pan", "scan", "tree"],
                folder: folder
            )
            #expect(outcome.errorText == "kmsec: 1000 card numbers in 1000 of 1000 files (17000 bytes)\n")
            let peak = try #require(Int(String(decoding: folder.read("peak"), as: UTF8.self)))
            #expect(peak >> 20 < 48)
        }
    }
}
