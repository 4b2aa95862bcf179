import Foundation
import Testing

/// The programs that these tests run.
enum Programs {
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether a program that is absent is a failure, and not a reason to skip.
    static let areAllDue = environment["CI"] == "true"

    /// The package's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized

    /// Where programs are looked for: Homebrew's OpenSSL before macOS' own `openssl`, which is another one.
    static let searchPath = "/opt/homebrew/opt/openssl@3/bin:\(environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"

    /// What every program gets for an environment, and no more, so that nothing of the outside matters.
    ///
    /// In a build with the address sanitizer the tool does not look for leaks: where it ends by `exit`, with its work on
    /// the stack, what it finds is none.
    static let cleanEnvironment = ["PATH": searchPath, "LC_ALL": "C", "ASAN_OPTIONS": "detect_leaks=0"]

    static let shell = Program(path: "/bin/sh")
    static let openssl = find("openssl")
    static let node = find("node")
    static let curl = find("curl")
    /// Gives a command a terminal to write to.
    static let script = find("script")

    /// A Python that has the packages of `.ci/interop-environment`.
    static let python: Program? = {
        let built = root.appending(path: ".build/interop/bin/python3").path(percentEncoded: false)
        return executable(environment["KMSEC_INTEROP_PYTHON"] ?? built)
    }()

    /// The tool under test: `KMSEC_BINARY`, or what stands beside the test bundle.
    static let kmsec: Program? = {
        if let path = environment["KMSEC_BINARY"] { return executable(path) }
        return built("kmsec")
    }()

    /// Runs another program and reports the most memory that it had resident.
    static let peakMemory = built("PeakMemory")

    /// A product of the package.
    private static func built(_ name: String) -> Program? {
        // On Linux the bundle is the process; on macOS a helper of the toolchain gets it as an argument.
        let folders = CommandLine.arguments.compactMap { argument in
            argument.range(of: ".xctest").map { URL(filePath: String(argument[..<$0.upperBound])) }
        }
        return folders.map { $0.deletingLastPathComponent().appending(path: name).path(percentEncoded: false) }
            .compactMap(executable).first
    }

    /// A script of `Tests/Interop`.
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
    /// Skips where a program is absent; where all are due the test runs, and fails on it.
    static func needs(_ program: Program?, _ name: String) -> Self {
        .enabled(if: program != nil || Programs.areAllDue, "\(name) is not here: see .ci/interop-environment")
    }
}
