import Foundation
import Testing

/// The programs that these tests run.
enum Programs {
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether a missing program fails a test instead of skipping it.
    static let areAllRequired = environment["CI"] == "true"

    /// The package's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized

    /// The search path for programs, in which Homebrew's OpenSSL comes before the `openssl` of macOS.
    static let searchPath = "/opt/homebrew/opt/openssl@3/bin:\(environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"

    /// The complete environment of every program, so that variables of the test process have no effect.
    ///
    /// In builds with the address sanitizer, the tool does not search for leaks. If it calls `exit` while its work is
    /// still on the stack, the sanitizer reports memory that is not leaked.
    static let cleanEnvironment = ["PATH": searchPath, "LC_ALL": "C", "ASAN_OPTIONS": "detect_leaks=0"]

    static let shell = Program(path: "/bin/sh")
    static let openssl = find("openssl")
    static let node = find("node")
    static let curl = find("curl")
    /// Runs a command with a terminal as its output.
    static let script = find("script")

    /// A Python that has the packages of `.ci/interop-environment`.
    static let python: Program? = {
        let built = root.appending(path: ".build/interop/bin/python3").path(percentEncoded: false)
        return executable(environment["KMSEC_INTEROP_PYTHON"] ?? built)
    }()

    /// The tool under test: the path in `KMSEC_BINARY`, or the executable beside the test bundle.
    static let kmsec: Program? = {
        if let path = environment["KMSEC_BINARY"] { return executable(path) }
        return built("kmsec")
    }()

    /// A program that runs another one, and reports its peak resident memory.
    static let peakMemory = built("PeakMemory")

    /// Returns an executable product of the package, or nil if it is not built.
    private static func built(_ name: String) -> Program? {
        // On Linux the bundle is the process; on macOS a helper of the toolchain gets it as an argument.
        let folders = CommandLine.arguments.compactMap { argument in
            argument.range(of: ".xctest").map { URL(filePath: String(argument[..<$0.upperBound])) }
        }
        return folders.map { $0.deletingLastPathComponent().appending(path: name).path(percentEncoded: false) }
            .compactMap(executable).first
    }

    /// Returns the path of a script in `Tests/Interop`.
    static func script(_ name: String) -> String {
        root.appending(path: "Tests/Interop/\(name)").path(percentEncoded: false)
    }

    static func find(_ name: String) -> Program? {
        searchPath.split(separator: ":").compactMap { executable("\($0)/\(name)") }.first
    }

    private static func executable(_ path: String) -> Program? {
        FileManager.default.isExecutableFile(atPath: path) ? Program(path: path) : nil
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test if a program is missing, unless all programs are required; then the test runs, and fails.
    static func needs(_ program: Program?, _ name: String) -> Self {
        .enabled(if: program != nil || Programs.areAllRequired, "\(name) is not here: see .ci/interop-environment")
    }
}
