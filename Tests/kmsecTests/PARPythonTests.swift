import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// Compares `kmsec par derive` with a Python implementation, written from the article on the derivation alone.
    @Suite struct PARPythonTests {
        @Test(.needs(Programs.python, "Python"), arguments: [("Q1", "1"), ("KM01", "4294967295")])
        func pythonDerivesTheSame(prefix: String, version: String) async throws {
            let kmsec = try #require(Programs.kmsec)
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let folder = try TemporaryFolder()
            try await kmsec.output(of: ["par", "key", "generate", "--out", folder.path("key")])
            let count = Effort.rounds(100_000)
            let pans = Self.cardNumbers(count: count).joined(separator: "\n") + "\n"
            let options = ["--key-file", folder.path("key"), "--prefix", prefix, "--key-version", version]
            let ours = try await kmsec.output(of: ["par", "derive"] + options, input: Array(pans.utf8))
            let theirs = try await python.output(
                of: [Programs.script("par.py"), folder.path("key"), prefix, version],
                input: Array(pans.utf8)
            )
            #expect(ours.count == count * (prefix.count + 26))
            #expect(ours == theirs)
        }

        /// Returns numbers of 12 to 19 digits whose BIN belongs to no issuer.
        private static func cardNumbers(count: Int) -> [String] {
            (0..<count).map { index in
                let digitCount = 12 + index % 8
                let account = String(index)
                let zeros = String(repeating: "0", count: digitCount - 5 - account.count)
                let digits = "9999\(zeros)\(account)"
                let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, digit in
                    let value = Int(digit.element) - 48
                    return sum + (digit.offset.isMultiple(of: 2) ? value / 5 + value * 2 % 10 : value)
                }
                return digits + String((10 - sum % 10) % 10)
            }
        }
    }
}
