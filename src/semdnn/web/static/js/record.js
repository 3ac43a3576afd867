// Records the microphone; what comes out is a WAV file.
import { mono, wavFile } from "./wav.js";

export class Recorder {
  #recorder = null;

  get isOn() { return this.#recorder !== null; }

  // Resolves to a File when `stop` is called or `maxSeconds` are over.
  async record(maxSeconds, onTick) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("This browser gives no microphone here: open the page as localhost, or over HTTPS.");
    }
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    }).catch((error) => { throw new Error(`No microphone (${error.name}): allow it in the browser, or choose a file.`); });
    const recorder = this.#recorder = new MediaRecorder(stream);
    const parts = [];
    const began = performance.now();
    const timer = setInterval(() => {
      const seconds = (performance.now() - began) / 1000;
      onTick(seconds);
      if (seconds >= maxSeconds - 1) this.stop();
    }, 200);
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.start();
    await ended;
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    this.#recorder = null;
    return decoded(new Blob(parts, { type: recorder.mimeType }));
  }

  stop() {
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }
}

async function decoded(blob) {
  const context = new AudioContext();
  try {
    const buffer = await context.decodeAudioData(await blob.arrayBuffer());
    const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
    return wavFile(mono(buffer), buffer.sampleRate, `recording ${time}.wav`);
  } catch {
    throw new Error("Nothing was recorded: try again.");
  } finally {
    await context.close();
  }
}
