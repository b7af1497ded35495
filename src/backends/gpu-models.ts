/** NVIDIA's models with their compute capability, by the names that clouds give them (lower case). */
export const computeCapabilities: ReadonlyMap<string, readonly [number, number]> = new Map(
  Object.entries({
    "6.0": ["P100"],
    "6.1": ["P4", "P40"],
    "7.0": ["V100"],
    "7.5": ["T4", "RTX5000", "RTX6000", "RTX8000", "GTX1660"],
    "8.0": ["A100", "A30"],
    "8.6": [
      "A10",
      "A10G",
      "A16",
      "A40",
      "A2000",
      "A4000",
      "A4500",
      "A5000",
      "A6000",
      "RTX3070",
      "RTX3080",
      "RTX3090",
      "RTX3090Ti",
    ],
    "8.9": [
      "L4",
      "L40",
      "L40S",
      "RTX2000Ada",
      "RTX4000Ada",
      "RTX5000Ada",
      "RTX6000Ada",
      "RTX4070",
      "RTX4080",
      "RTX4090",
    ],
    "9.0": ["H100", "H100NVL", "H200", "H200NVL", "GH200"],
    "10.0": ["B200", "GB200"],
    "10.3": ["B300", "GB300"],
    "12.0": ["RTX5070", "RTX5080", "RTX5090", "RTXPRO6000"],
  }).flatMap(([version, names]) => {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return names.map((name) => [name.toLowerCase(), [major, minor] as const] as const);
  }),
);
