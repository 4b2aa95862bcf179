import CLibFuzzer
import Foundation

// kmfuzz TARGET [libFuzzer's options and corpus folders], or kmfuzz TARGET --seeds FOLDER; .ci/fuzz builds and runs it.

private let target: FuzzTarget = {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(Data("usage: kmfuzz TARGET [OPTION…] [CORPUS…]; targets: \(names)\n".utf8))
        exit(64)
    }
    return target
}()

if CommandLine.arguments.count == 4, CommandLine.arguments[2] == "--seeds" {
    try Seeds.write(target, to: CommandLine.arguments[3])
    exit(0)
}

private let run = target.runner()

// libFuzzer reads the arguments after the target's name.
private var arguments =
    unsafe CommandLine.unsafeArgv.advanced(by: 1) as UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
private var count = CommandLine.argc - 1

exit(
    unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        run(unsafe [UInt8](UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
)
