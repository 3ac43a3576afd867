// Samples to a WAV file of 16 bits, mono: a format that the server needs nothing extra to read.

export function wavFile(samples, rate, name) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((l, i) => bytes.setUint8(at + i, l.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, "data");
  bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => {
    bytes.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true);
  });
  return new File([bytes], name, { type: "audio/wav" });
}

export function mono(buffer) {
  const mean = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    buffer.getChannelData(channel).forEach((value, i) => { mean[i] += value / buffer.numberOfChannels; });
  }
  return mean;
}
