import Foundation

/// Measures the operations of `kmsec speed` with swift-crypto.
///
/// speed.py builds and starts it, and describes its protocol: `SwiftCryptoSpeed FOLDER`.
@main
struct SwiftCryptoSpeed {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { exit(64) }
        let operations = try Operations(folder: CommandLine.arguments[1])
        while let line = readLine() {
            let text = try answer(line.split(separator: " ").map(String.init), operations)
            try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
        }
    }

    private static func answer(_ words: [String], _ operations: Operations) throws -> String {
        switch words[0] {
        case "encrypt": return try operations.encrypt()
        case "decrypt": return (try? operations.decrypt(words[1]).base64EncodedString()) ?? "rejected"
        case "sign": return operations.sign()
        case "verify": return operations.isValid(words[1]) ? "accepted" : "rejected"
        case "measure": return "\(try measure(seconds: Double(words[2]) ?? 1, call(words[1], operations)))"
        default: throw Rejected()
        }
    }

    /// Returns a function that runs an operation once, and whose result depends on that of the operation.
    private static func call(_ operation: String, _ operations: Operations) throws -> () throws -> Int {
        let (message, token) = (try operations.encrypt(), operations.sign())
        switch operation {
        case "message-encrypt": return { try operations.encrypt().utf8.count }
        case "message-decrypt": return { try operations.decrypt(message).count }
        case "token-sign": return { operations.sign().utf8.count }
        default: return { operations.isValid(token) ? 1 : 0 }
        }
    }

    /// Returns the median time of a call in microseconds, of batches of some milliseconds each.
    private static func measure(seconds: Double, _ call: () throws -> Int) throws -> Double {
        var (batch, times) = (1, [Double]())
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end || times.count < 5 {
            var sum = 0
            let start = ContinuousClock.now
            for _ in 0..<batch { sum &+= try call() }
            let duration = start.duration(to: .now)
            guard sum != 0 else { throw Rejected() }
            if duration < .milliseconds(5) { batch *= 2 } else { times.append(duration / .microseconds(batch)) }
        }
        return times.sorted()[times.count / 2]
    }
}
